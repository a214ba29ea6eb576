// Everything that is seen of the trainings: the spaces, the digit looked at, the curves and the numbers.

import { AngleHistogram } from "./angle_histogram.mjs";
import { demand } from "./demand.mjs";
import { inPercent, inThousandths } from "./figures.mjs";
import { Inspector } from "./inspector.mjs";
import { LossHistory, leastLoss } from "./loss_history.mjs";
import { mistakes } from "./mistakes.mjs";
import { words } from "./words.mjs";

const CALM = 1000; // milliseconds between two pictures for whom movement is too much

export class Pictures {
	isWaiting = false;
	histories = [];

	// panes: one for each training there may be. themes: light and dark. colors, onColors: of the digits. draw: called
	// when it is time for a picture.
	constructor(elements, panes, { themes, colors, onColors }, draw) {
		Object.assign(this, { elements, panes, themes, colors, onColors, draw });
		this.inspector = new Inspector(elements);
		this.angleHistogram = new AngleHistogram(elements.angles);
		this.darkScheme = matchMedia("(prefers-color-scheme: dark)");
		this.calm = matchMedia("(prefers-reduced-motion: reduce)");
	}

	get theme() {
		return this.themes[this.darkScheme.matches ? "dark" : "light"];
	}

	// Of new trainings, so many; beside them there may be a record.
	clear(count, hasRecord) {
		this.histories = Array.from({ length: count }, () => new LossHistory(this.elements.history));
		this.panes.forEach((pane, side) => {
			pane.space.rim = 0;
			pane.figure.hidden = side >= count + hasRecord;
			pane.caption.hidden = count + hasRecord === 1;
		});
		document.body.classList.toggle("beside", count + hasRecord > 1);
	}

	// classes: the digits that are told apart.
	use(classes, panes = this.panes) {
		for (const { space } of panes) {
			space.use(classes, classes.map((digit) => this.colors[digit]), classes.map((digit) => this.onColors[digit]));
		}
	}

	// Notes the losses of the states that were reported.
	note(states) {
		states.forEach(({ steps, loss }, side) => this.histories[side]?.add(steps, loss));
	}

	request(isMoving) {
		if (this.isWaiting) return;
		this.isWaiting = true;
		const draw = () => {
			this.isWaiting = false;
			this.draw();
		};
		if (this.calm.matches && isMoving) setTimeout(draw, CALM);
		else requestAnimationFrame(draw);
	}

	// states: what the worker reports of each training. heldOut: pixels and labels of the digits. record: a run that is
	// shown beside the first training, or null. isAsking: a question is open, and nothing gives the answer away. changes:
	// of each training.
	show(states, heldOut, settings, { pace, record, isAsking, changes }) {
		const { theme, inspector, elements } = this;
		const { chosen, spec } = settings;
		const state = states[chosen];
		const { space } = this.panes[chosen];
		const classes = space.names.length;
		inspector.draw(state, heldOut, space, theme);
		states.forEach((some, side) => {
			const name = settings.losses[side].preset;
			const title = states.length > 1 ? `${"AB"[side]}, ${name}` : name;
			const marked = { pointed: inspector.index, title, isPicked: side === chosen };
			this.panes[side].draw(some, heldOut.labels, theme, marked);
		});
		if (record) this.showRecord(record);
		const changed = new Set(changes[chosen].map(({ step }) => step));
		this.histories[chosen].draw(isAsking ? null : leastLoss(spec, classes), changed, theme);
		elements.side.textContent = states.length > 1 ? this.panes[chosen].lines[0] : "";
		this.angleHistogram.draw(state.trainedAngles, state.heldOutAngles, classes, theme);
		elements.mistakes.textContent = mistakes(state.predictions, heldOut.labels, space.names);
		elements.demand.textContent = demand(space.wedges, classes, spec);
		elements.release.hidden = !states.some(({ pinned }) => pinned.length);
		elements.steps.textContent = state.steps.toLocaleString("en");
		elements.accuracy.textContent = inPercent(state.accuracy);
		elements.loss.textContent = inThousandths(state.loss);
		elements.pace.textContent = pace ? ` (${Math.round(pace / 10) * 10}/s)` : "";
	}

	showRecord(record) {
		const row = Number(this.elements.epoch.value);
		const classes = [...new Set(record.labels)].sort();
		if (this.panes[1].space.names.length !== classes.length) this.use(classes, [this.panes[1]]);
		const marked = { pointed: -1, title: words("LeNet++ on all of MNIST, {}", record.name), isPicked: false };
		this.panes[1].draw(record.stateAt(row), record.labels, this.theme, marked);
	}

	// For a picture file: each canvas with the lines under it.
	seen(settings) {
		const { steps, seed } = this.elements;
		const end = words("{} steps, seed {}", steps.textContent, seed.value);
		const shown = this.panes.filter(({ figure, lines }) => !figure.hidden && lines.length);
		const panes = shown.map(({ space, lines }) => ({ canvas: space.canvas, lines: [...lines, end] }));
		return { panes, theme: this.theme, name: settings.losses.map(({ preset }) => preset).join("-") };
	}
}
