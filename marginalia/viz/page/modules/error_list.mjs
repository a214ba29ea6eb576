// The images taken for another class as radio buttons, so that arrow keys walk along them.

import { differenceInWords } from "./differences.mjs";
import { drawDigit } from "./digits.mjs";
import { createElement, elements } from "./elements.mjs";
import { findErrors } from "./found_errors.mjs";
import { sameImage } from "./images.mjs";

const MOST_LISTED = 120;

export class ErrorList {
	list = [];

	constructor(panes, choose) {
		Object.assign(this, { panes, choose });
		elements.errors.addEventListener("change", ({ target }) => choose(this.list[target.value].image));
	}

	show(view, only) {
		const hasFocus = elements.errors.matches(":focus-within");
		this.list = findErrors(this.panes, view.hidden, only);
		const items = this.list.slice(0, MOST_LISTED).map((error, place) => this.item(error, place));
		const rest = this.list.length - items.length;
		const difference = only && differenceInWords(this.panes, view.difference);
		const title = difference?.replace("only", "Only") ?? "Errors among those shown";
		elements.wrong.textContent = `${title}: ${this.list.length.toLocaleString("en")}`;
		elements.rest.textContent = rest ? `and ${rest.toLocaleString("en")} more` : "";
		elements.errors.replaceChildren(...items);
		this.mark(view.focus, hasFocus);
	}

	item({ pane, index, times, image }, place) {
		const { classes, colors } = pane.run;
		const label = pane.points.labels[index];
		const share = this.panes.length > 1 ? `, wrong in ${times} of ${this.panes.length}` : "";
		const taken = `${classes[label]}, taken for ${classes[pane.predictionOf(index)]}`;
		const title = `image ${image.number}: ${taken}${share}`;
		const input = createElement("input", { type: "radio", name: "error", value: place, ariaLabel: title });
		const style = `--own: ${colors[label]}`;
		return createElement("label", { title, style }, input, drawDigit(pane.set[pane.split], index));
	}

	placeOf(focus) {
		return this.list.findIndex(({ image }) => sameImage(image, focus));
	}

	// Checks the error looked at, and keeps the keyboard's focus in the list if it is there.
	mark(focus, hasFocus = elements.errors.matches(":focus-within")) {
		const inputs = [...elements.errors.querySelectorAll("input")];
		const place = this.placeOf(focus);
		inputs.forEach((input, i) => (input.checked = i === place));
		if (hasFocus) (inputs[place] ?? inputs[0])?.focus({ preventScroll: true });
	}

	// To the error after or before the one looked at; only the list scrolls.
	step(by, focus) {
		const count = this.list.length;
		if (!count) return;
		const place = this.placeOf(focus);
		const next = place < 0 && by < 0 ? count - 1 : (place + by + count) % count;
		this.choose(this.list[next].image);
		const item = elements.errors.children[next];
		if (item) elements.errors.scrollTop = item.offsetTop - 2;
	}
}
