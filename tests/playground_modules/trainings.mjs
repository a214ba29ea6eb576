// Trainings of the playground on a few made digits, for the questions of answers.mjs.

import { Digits } from "../../marginalia/viz/playground/modules/digit_set.mjs";
import { randomNumbers } from "../../marginalia/viz/playground/modules/random.mjs";
import { changesInText, changesOf } from "../../marginalia/viz/playground/modules/timeline.mjs";
import { Trainer } from "../../marginalia/viz/playground/modules/trainer.mjs";

const COUNT = 128;
const CLASSES = 4;
const SPEC = { wNorm: true, xNorm: true, s: 4, m1: 1, m2: 0.2, m3: 0 };

function madeDigits() {
	const random = randomNumbers(3);
	const labels = Uint8Array.from({ length: COUNT }, (_, i) => i % CLASSES);
	const pixels = Uint8Array.from({ length: COUNT * 784 }, (_, i) => {
		const [row, column] = [Math.floor((i % 784) / 28), i % 28];
		const isBright = labels[Math.floor(i / 784)] & 1 ? row % 9 < 4 : column % (7 + labels[Math.floor(i / 784)]) < 4;
		return (isBright ? 200 : 0) + 55 * random();
	});
	return new Digits({ pixels, labels });
}

// moves: [step, name, value], made by hand. Returns the weights after so many steps, and what the timeline says then.
export function trained({ steps, moves = [], changes = "", optimizer = "Adam", rate = 2e-3 }) {
	const settings = { batch: 32, rate, optimizer, changes: changesOf(changes) };
	const trainer = new Trainer(madeDigits(), CLASSES, SPEC, settings);
	for (let step = 0; step < steps; step++) {
		for (const [, name, value] of moves.filter(([at]) => at === step)) trainer.change(name, value);
		trainer.step();
	}
	const network = trainer.network.parameters.flatMap((values) => [...values]);
	return {
		weights: [...trainer.weights], network, loss: trainer.loss, rate: trainer.rate, spec: trainer.spec,
		changes: changesInText(trainer.timeline.changes),
	};
}

// Two trainings from one seed: their first weights, and the labels of their batches.
export function twins({ specs, steps, seed }) {
	const digits = madeDigits();
	return specs.map((spec) => {
		const trainer = new Trainer(digits, CLASSES, spec, { batch: 32, seed });
		const first = trainer.network.parameters.flatMap((values) => [...values]);
		const batches = Array.from({ length: steps }, () => (trainer.step(), [...trainer.inputs.slice(0, 256)]));
		return { first, batches, weights: [...trainer.weights] };
	});
}
