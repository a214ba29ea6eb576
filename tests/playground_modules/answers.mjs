// Answers questions in JSON on stdin: what the modules of the playground compute.

import { readFileSync } from "node:fs";
import { Adam } from "../../marginalia/viz/playground/modules/adam.mjs";
import { describe, FEATURES } from "../../marginalia/viz/playground/modules/gradient_histograms.mjs";
import { lossOf, predictionsOf } from "../../marginalia/viz/playground/modules/head.mjs";
import { logitsOf } from "../../marginalia/viz/playground/modules/logits.mjs";
import { leastLoss } from "../../marginalia/viz/playground/modules/loss_history.mjs";
import { psi, psiSlope } from "../../marginalia/viz/playground/modules/margin.mjs";
import { Network } from "../../marginalia/viz/playground/modules/network.mjs";
import { randomNumbers } from "../../marginalia/viz/playground/modules/random.mjs";
import { Sgd } from "../../marginalia/viz/playground/modules/sgd.mjs";
import { sharesOf, targetAngles } from "../../marginalia/viz/playground/modules/target_angles.mjs";
import { changesInText, changesOf } from "../../marginalia/viz/playground/modules/timeline.mjs";
import { explained } from "../../marginalia/viz/playground/modules/trouble.mjs";
import { trained, twins } from "./trainings.mjs";

const answers = {
	psi: ({ theta, spec }) => ({ psi: psi(theta, spec), slope: psiSlope(theta, spec) }),

	loss({ features, labels, weights, spec }) {
		const [x, w] = [Float64Array.from(features), Float64Array.from(weights)];
		const [dx, dw] = [new Float64Array(x.length), new Float64Array(w.length)];
		const loss = lossOf(x, labels, w, spec, dx, dw);
		return { loss, dx: [...dx], dw: [...dw], predictions: [...predictionsOf(x, w, spec)] };
	},

	network({ sizes, inputs, parameters, outputGradient }) {
		const rows = inputs.length / sizes[0];
		const network = new Network(sizes, rows, Math.random);
		network.parameters.forEach((values, i) => values.set(parameters[i]));
		const output = [...network.forward(Float32Array.from(inputs))];
		network.backward(Float32Array.from(outputGradient));
		return { output, gradients: network.parameterGradients.map((values) => [...values]) };
	},

	optimizer({ name, start, gradients, rate }) {
		const values = Float32Array.from(start);
		const optimizer = new { Adam, Sgd }[name]([values]);
		for (const gradient of gradients) optimizer.step([Float32Array.from(gradient)], rate);
		return [...values];
	},

	// Features that are free to move, under one loss: what a network of any size could reach at best.
	floor({ classes, each, spec, steps, rate }) {
		const random = randomNumbers(1);
		const draw = (count) => Float32Array.from({ length: count }, () => 2 * random() - 1);
		const weights = Float32Array.from({ length: 2 * classes }, (_, i) => turn(i, classes));
		const [features, labels] = [draw(2 * classes * each), Array.from({ length: classes * each }, (_, i) => i % classes)];
		const gradients = [new Float32Array(features.length), new Float32Array(weights.length)];
		const optimizer = new Adam([features, weights]);
		let loss = 0;
		for (let step = 0; step < steps; step++) {
			loss = lossOf(features, labels, weights, spec, ...gradients);
			optimizer.step(gradients, rate * (1 - step / steps));
		}
		return loss;
	},

	describe({ pixels }) {
		const out = new Float32Array(FEATURES);
		describe(pixels, out, 0);
		return [...out];
	},

	trained,

	twins,

	logits: ({ feature, weights, label, spec }) => logitsOf(feature, weights, label, spec),

	angles: ({ features, labels, weights }) => {
		const angles = targetAngles(features, labels, weights);
		return { angles: [...angles], shares: [...sharesOf(angles)] };
	},

	readChanges: ({ text }) => changesInText(changesOf(text)),

	explained: ({ spec, classes, haste }) => explained("", spec, classes, haste),

	leastLoss: ({ classes, spec }) => leastLoss(spec, classes),

	random: ({ seed, count }) => Array.from({ length: count }, randomNumbers(seed)),
};

function turn(i, classes) {
	const angle = (2 * Math.PI * (i >> 1)) / classes;
	return i % 2 ? Math.sin(angle) : Math.cos(angle);
}

const questions = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(questions.map(([name, question]) => answers[name](question))));
