// The training, in a worker, so that the page stays free to draw.

import { Digits, Trainer } from "./trainer.mjs";

const SLICE = 12; // milliseconds of training between two looks at the messages
const SHOWN = 1000;
const MEASURED = 400; // milliseconds between two accuracies of all held-out digits

let digits = null;
let trainer = null;
let timer = null;
let measured = -Infinity;
let accuracy = null;

// What comes before the digits, or before the first training, has nothing to act on.
onmessage = ({ data }) => {
	const isPossible = data.type === "digits" || (digits && (trainer || data.type === "reset"));
	if (isPossible) actions[data.type](data);
};

const actions = {
	digits({ train, heldOut }) {
		actions.stop();
		trainer = null;
		digits = { train: new Digits(train) };
		digits.heldOut = new Digits(heldOut, digits.train.scale);
		digits.shown = digits.heldOut.first(SHOWN);
		postMessage({ type: "ready" });
	},

	reset({ classes, spec, rate, batch, seed }) {
		trainer = new Trainer(digits.train, classes, spec, { rate, batch, seed });
		[measured, accuracy] = [-Infinity, null];
		report();
	},

	change({ spec, rate }) {
		Object.assign(trainer, { spec, rate });
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
		trainer.step();
		report();
	},
};

function train() {
	timer = null;
	const began = performance.now();
	const first = trainer.steps;
	while (performance.now() - began < SLICE) {
		if (!Number.isFinite(trainer.step())) return postMessage({ type: "diverged", step: trainer.steps });
	}
	const trained = performance.now() - began;
	report(((trainer.steps - first) / trained) * 1000);
	timer = setTimeout(train);
}

function report(speed = null) {
	const { features, predictions } = trainer.evaluate(digits.shown);
	if (performance.now() - measured > MEASURED) {
		accuracy = trainer.evaluate(digits.heldOut.first(digits.heldOut.labels.length)).accuracy;
		measured = performance.now();
	}
	const { steps, loss, spec } = trainer;
	const weights = trainer.weights.slice();
	postMessage({ type: "state", features, predictions, weights, steps, loss, spec, speed, accuracy });
}
