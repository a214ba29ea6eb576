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
	digits({ train, heldOut, strangers, use }) {
		actions.stop();
		[trainers, drawn] = [[], null];
		digits = { train: new Digits(train) };
		digits.heldOut = new Digits(heldOut, digits.train.scale);
		digits.shown = digits.heldOut.first(SHOWN);
		digits.strangers = new Digits(strangers, digits.train.scale).first(SHOWN);
		postMessage({ type: "ready", use });
	},

	// sides: [{ spec, changes }], one for each training. settings: those that they share.
	reset({ classes, sides, settings, stopAt }) {
		trainers = sides.map(({ spec, changes }) => new Trainer(digits.train, classes, spec, { ...settings, changes }));
		[measuredAt, lastStep] = [-Infinity, stopAt ?? Infinity];
		report();
	},

	// side: the number of a training, or null for all.
	change({ side, name, value }) {
		const changed = side === null ? trainers : [trainers[side]];
		changed.forEach((trainer) => trainer.change(name, value));
		report();
		postMessage({ type: "changed", changes: trainers.map(({ timeline }) => timeline.changes) });
	},

	speed: ({ stepsPerSecond }) => (speed = stepsPerSecond),

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
		step();
		report(null, true);
	},
};

// A step of each. Returns whether all losses are numbers.
function step() {
	repeat();
	return trainers.map((trainer) => trainer.step()).every(Number.isFinite);
}

// What is repeated from an address moves the controls too.
function repeat() {
	trainers.forEach((trainer, side) => {
		const changes = trainer.catchUp();
		if (changes.length) postMessage({ type: "repeated", side, changes });
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
	report(((trainers[0].steps - first) / trained) * 1000);
	timer = setTimeout(train, 1000 / speed - (performance.now() - began));
}

function arrive() {
	lastStep = Infinity;
	repeat();
	report(null, true);
	postMessage({ type: "arrived" });
}

function diverge() {
	const side = trainers.findIndex(({ loss }) => !Number.isFinite(loss));
	postMessage({ type: "diverged", side, step: trainers[side].steps });
}

function report(pace = null, isMeasured = false) {
	if (isMeasured || performance.now() - measuredAt > MEASURED) {
		measured = trainers.map(measurementsOf);
		measuredAt = performance.now();
	}
	const states = trainers.map((trainer, side) => ({ ...stateOf(trainer), ...measured[side] }));
	postMessage({ type: "state", states, pace: speed === Infinity ? pace : null });
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
