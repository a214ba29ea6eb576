// The page's end of the worker: what is trained, what was reported last, and what was changed.

export class Trainings {
	states = []; // of each training, as the worker reports them
	changes = []; // of each training, see timeline.mjs
	unanswered = 0; // changes that the states do not show yet
	asked = new Map(); // of those, the last value by side and name
	run = 0; // counts what was asked for; answers to what was asked before are dropped
	pace = null; // steps a second while it trains
	rests = false; // whether the trainings have stopped at these states

	// source: of the worker. on: what comes of its messages, { ready(), state(), changed(), repeated(side, changes),
	// arrived(), diverged(side, step) }.
	constructor(source, on) {
		this.on = on;
		this.worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
		this.worker.onmessage = ({ data }) => data.run === this.run && this[data.type](data);
	}

	// The step at which they rest, or null while they go on.
	get restsAt() {
		return this.rests && this.states.length ? this.states[0].steps : null;
	}

	// The direction of a class weight in degrees, and whether it is held: as asked, before the states show it.
	weightOf(side, label) {
		const { weights, pinned } = this.states[side];
		const asked = this.asked.get(keyOf(side, `pin${label}`));
		const degrees = asked ?? (Math.atan2(weights[2 * label + 1], weights[2 * label]) * 180) / Math.PI;
		return { degrees, isHeld: asked === undefined ? pinned.includes(label) : asked !== null };
	}

	// What was asked before does not count any more.
	forget() {
		this.states = [];
		this.unanswered = 0;
		this.asked.clear();
		this.run++;
	}

	send(type, message = {}) {
		this.worker.postMessage({ type, ...message });
	}

	// digits: { train, heldOut, strangers }, see worker.mjs.
	use(classes, digits) {
		this.classes = classes;
		this.forget();
		this.send("digits", { ...digits, run: this.run });
	}

	// changes: those that are repeated in each training; stopAt: the step after which they rest, or null.
	reset(specs, settings, { changes, stopAt }) {
		this.changes = specs.map((_, side) => changes[side] ?? []);
		const sides = specs.map((spec, side) => ({ spec, changes: this.changes[side] }));
		this.forget();
		this.send("reset", { classes: this.classes, sides, settings, stopAt, run: this.run });
	}

	// side: the number of a training, or null for all.
	change(side, name, value) {
		this.unanswered++;
		this.asked.set(keyOf(side, name), value);
		this.send("change", { side, name, value });
	}

	// Frees all weights that are held.
	release() {
		this.states.forEach(({ pinned }, side) => {
			for (const label of pinned) this.change(side, `pin${label}`, null);
		});
	}

	ready() {
		this.on.ready();
	}

	// The last report with numbers stays where a training diverges.
	state({ states, pace, rests }) {
		if (states.some(({ steps, loss }) => steps && !Number.isFinite(loss))) return;
		Object.assign(this, { states, pace, rests });
		this.on.state();
	}

	changed({ changes }) {
		if (--this.unanswered === 0) this.asked.clear();
		this.changes = changes;
		this.on.changed();
	}

	repeated({ side, changes }) {
		this.on.repeated(side, changes);
	}

	arrived() {
		this.on.arrived();
	}

	diverged({ side, step }) {
		this.rests = false; // they stopped later than at these states
		this.on.diverged(side, step);
	}
}

function keyOf(side, name) {
	return `${side} ${name}`;
}
