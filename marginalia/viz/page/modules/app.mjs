// What is looked at, and what is drawn and told when.

import { fromHash, toHash } from "./address.mjs";
import { Clock } from "./clock.mjs";
import { listen } from "./controls.mjs";
import { elements } from "./elements.mjs";
import { ErrorList } from "./error_list.mjs";
import { tellImage } from "./inspector.mjs";
import { layOut } from "./layout.mjs";
import { momentOf } from "./moments.mjs";
import { pageData } from "./page_data.mjs";
import { Pane } from "./pane.mjs";
import { tellControls, tellReadings } from "./readings.mjs";
import { darkScheme } from "./theme.mjs";

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

// view: what is shown. pinned, hover: images or null; focus: the one looked at.
export class App {
	view = { split: "test", hidden: [], errorsOnly: false, pinned: null, hover: null };
	clock = new Clock(pageData.epochs.length - 1, () => reducedMotion.matches);
	frame = null;

	constructor(runs) {
		this.panes = runs.map((run, number) => new Pane(run, elements.panes.children[number]));
		this.errors = new ErrorList(this.panes, (focus) => this.pin(focus));
		elements.time.max = this.clock.last;
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
		for (const pane of panes) pane.show(momentOf(pane.run.rows, clock.shown), view);
		elements.time.value = clock.position;
		this.tell(Math.floor(clock.shown));
		if (!clock.resting) this.repaint();
	}

	// Says in words what is shown, if it is another than before. The list of errors waits until nothing moves.
	tell(index) {
		const { clock, panes, view } = this;
		const epoch = pageData.epochs[index];
		const listState = JSON.stringify([index, view.split, view.hidden, darkScheme.matches]);
		const state = JSON.stringify([listState, view, clock.resting, clock.playing, panes.map(({ zoom }) => zoom.rim)]);
		if (state === this.told) return;
		this.told = state;
		tellControls(this, epoch);
		for (const pane of panes) tellReadings(pane, epoch);
		tellImage(panes, view);
		if (!clock.resting) return;
		if (listState === this.listed) this.errors.mark(view.focus);
		else this.errors.show(view);
		this.listed = listState;
		history.replaceState(null, "", toHash(view, epoch));
	}

	set(changes) {
		const view = Object.assign(this.view, { hover: null }, changes);
		if (view.pinned?.split !== view.split) view.pinned = null;
		view.focus = view.hover ?? view.pinned;
		this.repaint();
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
		const { position, number, ...changes } = fromHash(location.hash, pageData.epochs);
		this.set({ ...changes, pinned: null });
		this.search(number);
		this.clock.go(position, false);
	}

	resize() {
		const side = layOut(this.panes.length);
		for (const pane of this.panes) pane.resize(side);
		this.repaint();
	}
}
