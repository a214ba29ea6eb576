// The trainings, in a worker, so that the page stays free to draw. Several go step by step beside each other.

import { Digits } from "./digit_set.mjs";
import { sharesOf, targetAngles } from "./target_angles.mjs";
import { Trainer } from "./trainer.mjs";

const SLICE = 12; // milliseconds of training between two looks at the messages
const SHOWN = 1000;
const MEASURED = 400; // milliseconds between two measurements of accuracy and angles

let digits = null;
let trainers = [];
let timer = null;
let speed = Infinity; // steps a second
let lastStep = Infinity; // where it stops by itself
let run = 0; // of the page's wishes, so that it can tell answers to older ones
let drawn = null;
let measuredAt = -Infinity;
let measured = [];

// What comes before the digits, or before the first training, has nothing to act on.
onmessage = ({ data }) => {
	const isPossible = ["digits", "speed"].includes(data.type) || (digits && (trainers.length || data.type === "reset"));
	if (isPossible) actions[data.type](data);
};

const actions = {
	// strangers: held-out digits of classes that are not trained.
	digits({ train, heldOut, strangers, run: given }) {
		actions.stop();
		[trainers, drawn, run] = [[], null, given];
		digits = { train: new Digits(train) };
		digits.heldOut = new Digits(heldOut, digits.train.scale);
		digits.shown = digits.heldOut.first(SHOWN);
		digits.strangers = new Digits(strangers, digits.train.scale).first(SHOWN);
		tell("ready");
	},

	strangers({ strangers }) {
		digits.strangers = new Digits(strangers, digits.train.scale).first(SHOWN);
		report();
	},

	// sides: [{ spec, changes }], one for each training. settings: those that they share.
	reset({ classes, sides, settings, stopAt, run: given }) {
		run = given;
		trainers = sides.map(({ spec, changes }) => new Trainer(digits.train, classes, spec, { ...settings, changes }));
		[measuredAt, lastStep] = [-Infinity, stopAt ?? Infinity];
		report();
	},

	// side: the number of a training, or null for all.
	change({ side, name, value }) {
		const changed = side === null ? trainers : [trainers[side]];
		repeat();
		changed.forEach((trainer) => trainer.change(name, value));
		report(null, timer === null);
		tell("changed", { changes: trainers.map(({ timeline }) => timeline.changes) });
	},

	speed: (wanted) => (speed = wanted.speed),

	// pixels: 784 numbers of a digit drawn by hand, or null.
	draw({ pixels }) {
		drawn = pixels && new Digits({ pixels, labels: Uint8Array.of(0) }, digits.train.scale).first(1);
		report();
	},

	play: () => (timer ??= setTimeout(train)),

	pause() {
		actions.stop();
		report(null, true);
	},

	stop() {
		clearTimeout(timer);
		timer = null;
	},

	step() {
		if (step()) report(null, true);
		else diverge();
	},
};

function tell(type, message = {}) {
	postMessage({ type, run, ...message });
}

// A step of each. Returns whether all losses are numbers.
function step() {
	repeat();
	return trainers.map((trainer) => trainer.step()).every(Number.isFinite);
}

// What is repeated from an address moves the controls too.
function repeat() {
	trainers.forEach((trainer, side) => {
		const changes = trainer.catchUp();
		if (changes.length) tell("repeated", { side, changes });
	});
}

function train() {
	timer = null;
	const began = performance.now();
	const first = trainers[0].steps;
	do {
		if (trainers[0].steps === lastStep) return arrive();
		if (!step()) return diverge();
	} while (speed === Infinity && performance.now() - began < SLICE);
	const trained = performance.now() - began;
	timer = setTimeout(train, 1000 / speed - trained);
	report(((trainers[0].steps - first) / trained) * 1000);
}

function arrive() {
	lastStep = Infinity;
	repeat();
	report(null, true);
	tell("arrived");
}

function diverge() {
	const side = trainers.findIndex(({ loss }) => !Number.isFinite(loss));
	tell("diverged", { side, step: trainers[side].steps });
}

function report(pace = null, isMeasured = false) {
	if (isMeasured || performance.now() - measuredAt > MEASURED) {
		measured = trainers.map(measurementsOf);
		measuredAt = performance.now();
	}
	const states = trainers.map((trainer, side) => ({ ...stateOf(trainer), ...measured[side] }));
	tell("state", { states, pace: speed === Infinity ? pace : null, rests: timer === null });
}

function stateOf(trainer) {
	const { features, predictions } = trainer.evaluate(digits.shown);
	const { steps, loss, spec, weights } = trainer;
	const mine = drawn && trainer.evaluate(drawn);
	return {
		features, predictions, weights: weights.slice(), steps, loss, spec, pinned: [...trainer.pins.angles.keys()],
		strangers: trainer.evaluate(digits.strangers).features,
		drawn: mine && { feature: mine.features, prediction: mine.predictions[0] },
	};
}

function measurementsOf(trainer) {
	const [trained, heldOut] = [digits.train.first(SHOWN), digits.heldOut.first(digits.heldOut.labels.length)];
	const { features, accuracy } = trainer.evaluate(heldOut);
	const anglesOf = (seen, { labels }) => sharesOf(targetAngles(seen, labels, trainer.weights));
	return {
		accuracy, heldOutAngles: anglesOf(features, heldOut),
		trainedAngles: anglesOf(trainer.evaluate(trained).features, trained),
	};
}
