// What is looked at, and what is drawn and told when.

import { fromHash, toHash } from "./address.mjs";
import { Clock } from "./clock.mjs";
import { listen } from "./controls.mjs";
import { areComparable, rightAndWrong } from "./differences.mjs";
import { elements } from "./elements.mjs";
import { ErrorList } from "./error_list.mjs";
import { tellImage } from "./inspector.mjs";
import { layOut } from "./layout.mjs";
import { momentOf } from "./moments.mjs";
import { pageData } from "./page_data.mjs";
import { Pane } from "./pane.mjs";
import { offerDifferences, tellControls, tellReadings } from "./readings.mjs";
import { darkScheme } from "./theme.mjs";

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

// view: what is shown. pinned, hover: images or null; focus: the one looked at.
// difference: which of two panes is right where the other is wrong, 0 or 1; null where all points are shown.
export class App {
	view = { split: "test", hidden: [], errorsOnly: false, difference: null, pinned: null, hover: null };
	clock = new Clock(pageData.epochs.length - 1, () => reducedMotion.matches);
	frame = null;

	constructor(runs) {
		this.panes = runs.map((run, number) => new Pane(run, elements.panes.children[number]));
		this.errors = new ErrorList(this.panes, (focus) => this.pin(focus));
		elements.time.max = this.clock.last;
		offerDifferences(this);
		listen(this);
		this.follow();
		this.resize();
	}

	repaint() {
		this.frame ??= requestAnimationFrame((now) => this.draw(now));
	}

	draw(now) {
		const { clock, panes, view } = this;
		this.frame = null;
		if (!clock.resting) clock.tick((now - (this.before ?? now)) / 1000);
		this.before = clock.resting ? null : now;
		for (const pane of panes) pane.turnTo(momentOf(pane.run.rows, clock.shown), view);
		for (const pane of panes) pane.show(view, this.only);
		elements.time.value = clock.position;
		this.tell(Math.floor(clock.shown));
		if (!clock.resting) this.repaint();
	}

	// Says in words what is shown, if it is another than before. The list of errors waits until nothing moves.
	tell(index) {
		const { clock, panes, view } = this;
		const epoch = pageData.epochs[index];
		const listState = JSON.stringify([index, view.split, view.hidden, view.difference, darkScheme.matches]);
		const state = JSON.stringify([listState, view, clock.resting, clock.playing, panes.map(({ zoom }) => zoom.rim)]);
		if (state === this.told) return;
		this.told = state;
		tellControls(this, epoch);
		for (const pane of panes) tellReadings(pane, epoch);
		tellImage(panes, view);
		if (!clock.resting) return;
		if (listState === this.listed) this.errors.mark(view.focus);
		else this.errors.show(view, this.only);
		this.listed = listState;
		history.replaceState(null, "", toHash(view, epoch));
	}

	set(changes) {
		const view = Object.assign(this.view, { hover: null }, changes);
		if (view.pinned?.split !== view.split) view.pinned = null;
		view.focus = view.hover ?? view.pinned;
		this.repaint();
	}

	get comparable() {
		return areComparable(this.panes);
	}

	// 1 for each point of the difference that is asked for; null where none is.
	get only() {
		const { panes, view: { difference } } = this;
		return difference === null ? null : rightAndWrong(panes[difference], panes[1 - difference]);
	}

	showDifference(difference) {
		if (this.comparable) this.set({ difference, errorsOnly: false });
	}

	// All points, what the first run alone gets right, what the second alone gets right, all points again.
	stepDifference() {
		this.showDifference({ null: 0, 0: 1, 1: null }[this.view.difference]);
	}

	showErrorsOnly(errorsOnly) {
		this.set({ errorsOnly, difference: null });
	}

	toggle(label) {
		const { hidden } = this.view;
		this.set({ hidden: hidden.includes(label) ? hidden.filter((other) => other !== label) : [...hidden, label] });
	}

	pin(image) {
		this.set({ pinned: image });
	}

	// Looks at the image of this number; returns whether there is one.
	search(number) {
		const { split } = this.view;
		const pane = this.panes.find(({ set }) => set[split].numbers.includes(number));
		if (pane) this.pin({ data: pane.set.data, split, number });
		return Boolean(pane);
	}

	// Shows the moment that the address holds.
	follow() {
		const { position, number, difference, ...changes } = fromHash(location.hash, pageData.epochs);
		this.set({ ...changes, difference: null, pinned: null });
		if (difference !== null) this.showDifference(difference);
		this.search(number);
		this.clock.go(position, false);
	}

	resize() {
		const side = layOut(this.panes.length);
		for (const pane of this.panes) pane.resize(side);
		this.repaint();
	}
}
