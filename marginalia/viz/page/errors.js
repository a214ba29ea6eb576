// The images taken for another class: radio buttons, so that arrow keys walk along them.

const MOST_ERRORS = 120;
const same = (a, b) => a?.number === b?.number && a?.data === b?.data;

class Errors {
	list = [];

	constructor(panes, choose) {
		Object.assign(this, { panes, choose });
		page.errors.addEventListener("change", ({ target }) => choose(this.list[target.value].image));
	}

	// Wrong in the most panes first, then by number.
	find({ hidden }) {
		const found = new Map();
		for (const pane of this.panes) {
			const { labels, count } = pane.run[pane.split];
			for (let index = 0; index < count; index++) {
				if (pane.says(index) === labels[index] || hidden.includes(labels[index])) continue;
				const image = pane.imageAt(index);
				const key = JSON.stringify(image);
				const error = found.get(key) ?? { image, pane, index, times: 0 };
				error.times++;
				found.set(key, error);
			}
		}
		return [...found.values()].sort((a, b) => b.times - a.times || a.image.number - b.image.number);
	}

	show(view) {
		const focused = page.errors.matches(":focus-within");
		this.list = this.find(view);
		const items = this.list.slice(0, MOST_ERRORS).map((error, place) => this.item(error, place));
		const rest = this.list.length - items.length;
		page.wrong.textContent = `Errors among those shown: ${this.list.length.toLocaleString("en")}`;
		page.rest.textContent = rest ? `and ${rest.toLocaleString("en")} more` : "";
		page.errors.replaceChildren(...items);
		this.mark(view.focus, focused);
	}

	item({ pane, index, times, image }, place) {
		const { classes, colors, [pane.split]: { labels } } = pane.run;
		const of = this.panes.length > 1 ? `, wrong in ${times} of ${this.panes.length}` : "";
		const title = `image ${image.number}: ${classes[labels[index]]}, taken for ${classes[pane.says(index)]}${of}`;
		const input = make("input", { type: "radio", name: "error", value: place, ariaLabel: title });
		const style = `--own: ${colors[labels[index]]}`;
		return make("label", { title, style }, input, drawDigit(pane.set[pane.split], index));
	}

	placeOf(focus) {
		return this.list.findIndex(({ image }) => same(image, focus));
	}

	// Checks the error looked at, with the keyboard's focus if the wall has it.
	mark(focus, focused = page.errors.matches(":focus-within")) {
		const inputs = [...page.errors.querySelectorAll("input")];
		const place = this.placeOf(focus);
		inputs.forEach((input, i) => (input.checked = i === place));
		if (focused) (inputs[place] ?? inputs[0])?.focus({ preventScroll: true });
	}

	// To the error after or before the one looked at; only the wall scrolls.
	step(by, focus) {
		const count = this.list.length;
		const place = this.placeOf(focus);
		const next = place < 0 && by < 0 ? count - 1 : (place + by + count) % count;
		if (count) this.choose(this.list[next].image);
		const item = page.errors.children[next];
		if (item) page.errors.scrollTop = item.offsetTop - 2;
	}
}
