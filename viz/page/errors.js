// The images that are taken for another class at this moment: a wall of radio buttons, which arrow keys walk along.

const MOST_ERRORS = 120;

class Errors {
	constructor(panes, choose) {
		Object.assign(this, { panes, choose, list: [], items: [] });
		element("errors").addEventListener("change", (event) => choose(this.list[event.target.value]));
	}

	// Wrong in the most panes first, then by number.
	find({ split, hidden }) {
		const found = new Map();
		for (const pane of this.panes) {
			const { predictions, labels, numbers, count } = pane.run[split];
			for (let index = 0, at = pane.row * count; index < count; index++, at++) {
				if (predictions[at] === labels[index] || hidden.has(labels[index])) continue;
				const key = `${pane.set.data} ${numbers[index]}`;
				const error = found.get(key) ?? { ...pane.imageAt(index), pane, index, taken: predictions[at], times: 0 };
				found.set(key, { ...error, times: error.times + 1 });
			}
		}
		return [...found.values()].sort((a, b) => b.times - a.times || a.number - b.number);
	}

	show(view) {
		this.list = this.find(view);
		const shown = this.list.slice(0, MOST_ERRORS);
		const rest = this.list.length - shown.length;
		element("mistakes-title").textContent = `Errors at this epoch: ${this.list.length.toLocaleString("en")}`;
		element("errors-more").textContent = rest ? `and ${rest.toLocaleString("en")} more` : "";
		while (this.items.length < shown.length) this.items.push(this.makeItem());
		element("errors").replaceChildren(...this.items.slice(0, shown.length));
		shown.forEach((error, i) => this.dress(this.items[i], error));
		this.mark(view.focus);
	}

	makeItem() {
		const item = document.createElement("label");
		const input = document.createElement("input");
		Object.assign(input, { type: "radio", name: "error", value: this.items.length });
		item.append(input, document.createElement("canvas"));
		return item;
	}

	dress(item, { pane, index, split, times, number, taken }) {
		const { labels } = pane.run[split];
		const of = this.panes.length > 1 ? `, wrong in ${times} of ${this.panes.length}` : "";
		item.title = `image ${number}: ${pane.run.classes[labels[index]]}, taken for ${pane.run.classes[taken]}${of}`;
		item.firstChild.setAttribute("aria-label", item.title);
		item.style.setProperty("--own", pane.run.colors[labels[index]]);
		drawDigit(item.lastChild, digit(pane.set[split], index));
	}

	placeOf(focus) {
		return this.list.findIndex((error) => error.number === focus?.number && error.data === focus.data);
	}

	mark(focus) {
		const place = this.placeOf(focus);
		this.items.forEach((item, i) => (item.firstChild.checked = i === place));
	}

	// The error after or before the one looked at.
	step(by, focus) {
		const count = this.list.length;
		if (!count) return;
		const place = this.placeOf(focus);
		const next = place < 0 && by < 0 ? count - 1 : (place + by + count) % count;
		this.choose(this.list[next]);
		this.items[next]?.scrollIntoView({ block: "nearest" });
	}
}
