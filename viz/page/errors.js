// The images that are taken for another class at this moment: a wall of radio buttons, which arrow keys walk along.

const MOST_ERRORS = 120;

class Errors {
	list = [];
	items = [];

	constructor(panes, choose) {
		Object.assign(this, { panes, choose });
		page.errors.addEventListener("change", (event) => choose(this.list[event.target.value]));
	}

	// Wrong in the most panes first, then by number.
	find({ split, hidden }) {
		const found = new Map();
		for (const pane of this.panes) {
			const { predictions, labels, numbers, count } = pane.run[split];
			for (let index = 0, at = pane.row * count; index < count; index++, at++) {
				if (predictions[at] === labels[index] || hidden.includes(labels[index])) continue;
				const key = `${pane.set.data} ${numbers[index]}`;
				const error = found.get(key) ?? { ...pane.imageAt(index), pane, index, taken: predictions[at], times: 0 };
				found.set(key, { ...error, times: error.times + 1 });
			}
		}
		return [...found.values()].sort((a, b) => b.times - a.times || a.number - b.number);
	}

	show(view) {
		const focused = this.focused;
		this.list = this.find(view);
		this.items = this.list.slice(0, MOST_ERRORS).map((error, place) => this.item(error, place));
		const rest = this.list.length - this.items.length;
		page.wrong.textContent = `Errors among those shown: ${this.list.length.toLocaleString("en")}`;
		page.rest.textContent = rest ? `and ${rest.toLocaleString("en")} more` : "";
		page.errors.replaceChildren(...this.items);
		this.mark(view.focus, focused);
	}

	item({ pane, index, split, times, number, taken }, place) {
		const { classes, colors } = pane.run;
		const label = pane.run[split].labels[index];
		const of = this.panes.length > 1 ? `, wrong in ${times} of ${this.panes.length}` : "";
		const title = `image ${number}: ${classes[label]}, taken for ${classes[taken]}${of}`;
		const input = make("input", { type: "radio", name: "error", value: place, ariaLabel: title });
		const item = make("label", { title }, input, drawDigit(pane.set[split], index));
		item.style.setProperty("--own", colors[label]);
		return item;
	}

	get focused() {
		return page.errors.contains(document.activeElement);
	}

	placeOf(focus) {
		return this.list.findIndex((error) => error.number === focus?.number && error.data === focus.data);
	}

	// Checks the error that is looked at; the keyboard's focus goes with it, if the wall has it.
	mark(focus, focused = this.focused) {
		const place = this.placeOf(focus);
		this.items.forEach((item, i) => (item.firstChild.checked = i === place));
		const target = this.items[place] ?? this.items[0];
		if (focused) target?.firstChild.focus({ preventScroll: true });
	}

	// The error after or before the one looked at; nothing but the wall scrolls to it.
	step(by, focus) {
		const count = this.list.length;
		const place = this.placeOf(focus);
		const next = place < 0 && by < 0 ? count - 1 : (place + by + count) % count;
		if (count) this.choose(this.list[next]);
		const item = this.items[next];
		if (item) page.errors.scrollTop = item.offsetTop - (page.errors.clientHeight - item.offsetHeight) / 2;
	}
}
