// The training, in a worker, so that the page stays free to draw.

import { Digits } from "./digit_set.mjs";
import { sharesOf, targetAngles } from "./target_angles.mjs";
import { Trainer } from "./trainer.mjs";

const SLICE = 12; // milliseconds of training between two looks at the messages
const SHOWN = 1000;
const MEASURED = 400; // milliseconds between two measurements of accuracy and angles

let digits = null;
let trainer = null;
let timer = null;
let speed = Infinity; // steps a second
let lastStep = Infinity; // where it stops by itself
let drawn = null;
let measuredAt = -Infinity;
let measured = { accuracy: null };

// What comes before the digits, or before the first training, has nothing to act on.
onmessage = ({ data }) => {
	const isPossible = ["digits", "speed"].includes(data.type) || (digits && (trainer || data.type === "reset"));
	if (isPossible) actions[data.type](data);
};

const actions = {
	digits({ train, heldOut }) {
		actions.stop();
		[trainer, drawn] = [null, null];
		digits = { train: new Digits(train) };
		digits.heldOut = new Digits(heldOut, digits.train.scale);
		digits.shown = digits.heldOut.first(SHOWN);
		postMessage({ type: "ready" });
	},

	reset({ classes, spec, settings, stopAt }) {
		trainer = new Trainer(digits.train, classes, spec, settings);
		[measuredAt, measured, lastStep] = [-Infinity, { accuracy: null }, stopAt ?? Infinity];
		report();
	},

	change({ name, value }) {
		trainer.change(name, value);
		report();
		postMessage({ type: "changed", changes: trainer.timeline.changes });
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
		report();
	},

	stop() {
		clearTimeout(timer);
		timer = null;
	},

	step() {
		step();
		report();
	},
};

// What is repeated from an address moves the controls too.
function step() {
	const changes = trainer.catchUp();
	if (changes.length) postMessage({ type: "repeated", changes });
	return trainer.step();
}

function train() {
	timer = null;
	const began = performance.now();
	const first = trainer.steps;
	do {
		if (trainer.steps === lastStep) return rest();
		if (!Number.isFinite(step())) return postMessage({ type: "diverged", step: trainer.steps });
	} while (speed === Infinity && performance.now() - began < SLICE);
	const trained = performance.now() - began;
	report(((trainer.steps - first) / trained) * 1000);
	timer = setTimeout(train, 1000 / speed - (performance.now() - began));
}

function rest() {
	lastStep = Infinity;
	measuredAt = -Infinity;
	report();
	postMessage({ type: "arrived" });
}

function report(pace = null) {
	if (performance.now() - measuredAt > MEASURED) measure();
	const { features, predictions } = trainer.evaluate(digits.shown);
	const { steps, loss, spec, weights } = trainer;
	const mine = drawn && trainer.evaluate(drawn);
	postMessage({
		type: "state", features, predictions, weights: weights.slice(), steps, loss, spec, ...measured,
		pinned: [...trainer.pins.angles.keys()], pace: speed === Infinity ? pace : null,
		drawn: mine && { feature: mine.features, prediction: mine.predictions[0] },
	});
}

function measure() {
	const [trained, heldOut] = [digits.train.first(SHOWN), digits.heldOut.first(digits.heldOut.labels.length)];
	const { features, accuracy } = trainer.evaluate(heldOut);
	const anglesOf = (seen, { labels }) => sharesOf(targetAngles(seen, labels, trainer.weights));
	measured = {
		accuracy, heldOutAngles: anglesOf(features, heldOut),
		trainedAngles: anglesOf(trainer.evaluate(trained).features, trained),
	};
	measuredAt = performance.now();
}
