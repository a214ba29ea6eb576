// A training that goes on step by step: digits, network, head and optimiser.

import { Adam } from "./adam.mjs";
import { FEATURES, describe } from "./gradient_histograms.mjs";
import { lossOf, predictionsOf } from "./head.mjs";
import { Network } from "./network.mjs";
import { randomNumbers } from "./random.mjs";

export const SIZES = [FEATURES, 64, 64, 2];
const PIXELS = 784;
const SCALED = 500;

// Digits and what the network sees of them, (N, 128), which is computed when it is needed for the first time.
export class Digits {
	// pixels: bytes (N, 784). scale: the mean and deviation of each number; by default those of the first digits.
	constructor({ pixels, labels }, scale = null) {
		const seen = new Float32Array(labels.length * FEATURES);
		Object.assign(this, { pixels, labels, seen, isDone: new Uint8Array(labels.length) });
		this.scale = scale ?? this.scaleOfFirst();
	}

	scaleOfFirst() {
		const count = Math.min(SCALED, this.labels.length);
		const raw = new Float32Array(count * FEATURES);
		for (let i = 0; i < count; i++) describe(this.pixelsOf(i), raw, i * FEATURES);
		return scaleOf(raw);
	}

	pixelsOf(i) {
		return this.pixels.subarray(i * PIXELS, (i + 1) * PIXELS);
	}

	// What the network sees of one digit, (128,).
	row(i) {
		const at = i * FEATURES;
		if (!this.isDone[i]) {
			describe(this.pixelsOf(i), this.seen, at);
			const { mean, deviation } = this.scale;
			for (let k = 0; k < FEATURES; k++) this.seen[at + k] = (this.seen[at + k] - mean[k]) / deviation[k];
			this.isDone[i] = 1;
		}
		return this.seen.subarray(at, at + FEATURES);
	}

	// The first of them, ready to be evaluated.
	first(wanted) {
		const count = Math.min(wanted, this.labels.length);
		for (let i = 0; i < count; i++) this.row(i);
		return { seen: this.seen.subarray(0, count * FEATURES), labels: this.labels.subarray(0, count) };
	}
}

function scaleOf(seen) {
	const count = seen.length / FEATURES;
	const mean = new Float64Array(FEATURES);
	const deviation = new Float64Array(FEATURES);
	for (let i = 0; i < seen.length; i++) mean[i % FEATURES] += seen[i] / count;
	for (let i = 0; i < seen.length; i++) deviation[i % FEATURES] += (seen[i] - mean[i % FEATURES]) ** 2 / count;
	return { mean, deviation: deviation.map((square) => Math.sqrt(square) + 1e-3) };
}

export class Trainer {
	// digits: `Digits`, labels from 0 to `classes` - 1.
	constructor(digits, classes, spec, { rate = 2e-3, batch = 64, seed = 0 } = {}) {
		Object.assign(this, { digits, classes, spec, rate, batch, steps: 0, loss: NaN });
		this.random = randomNumbers(seed);
		this.network = new Network(SIZES, batch, this.random);
		this.weights = startOf(classes, spec.wNorm, this.random);
		this.weightGradient = new Float32Array(2 * classes);
		this.featureGradient = new Float32Array(2 * batch);
		this.optimizer = new Adam([...this.network.parameters, this.weights]);
		this.inputs = new Float32Array(batch * FEATURES);
		this.labels = new Uint8Array(batch);
		this.order = Uint32Array.from(digits.labels, (_, i) => i);
		this.place = this.order.length;
	}

	step() {
		this.nextBatch();
		const features = this.network.forward(this.inputs);
		this.loss = lossOf(features, this.labels, this.weights, this.spec, this.featureGradient, this.weightGradient);
		this.network.backward(this.featureGradient);
		this.optimizer.step([...this.network.parameterGradients, this.weightGradient], this.rate);
		this.steps++;
		return this.loss;
	}

	// The digits come in a new random order when all of them were seen.
	nextBatch() {
		if (this.place + this.batch > this.order.length) {
			shuffle(this.order, this.random);
			this.place = 0;
		}
		for (let i = 0; i < this.batch; i++) {
			const chosen = this.order[this.place + i];
			this.inputs.set(this.digits.row(chosen), i * FEATURES);
			this.labels[i] = this.digits.labels[chosen];
		}
		this.place += this.batch;
	}

	// Features (N, 2) of digits, and the share that is predicted right.
	evaluate({ seen, labels }) {
		const features = new Float32Array(2 * labels.length);
		for (let first = 0; first < labels.length; first += this.batch) {
			const rows = Math.min(this.batch, labels.length - first);
			features.set(this.network.forward(seen.subarray(first * FEATURES), rows), 2 * first);
		}
		const predictions = predictionsOf(features, this.weights, this.spec);
		const right = predictions.reduce((sum, prediction, i) => sum + (prediction === labels[i]), 0);
		return { features, predictions, accuracy: right / labels.length };
	}
}

// Normalised weights begin evenly around the circle, in random order; others short and at random.
function startOf(classes, isNormalised, random) {
	const weights = new Float32Array(2 * classes);
	const order = Uint32Array.from({ length: classes }, (_, i) => i);
	shuffle(order, random);
	const first = random();
	for (let j = 0; j < classes; j++) {
		const angle = isNormalised ? (2 * Math.PI * (order[j] + first)) / classes : 2 * Math.PI * random();
		const length = isNormalised ? 1 : 0.1;
		weights.set([length * Math.cos(angle), length * Math.sin(angle)], 2 * j);
	}
	return weights;
}

function shuffle(order, random) {
	for (let i = order.length - 1; i > 0; i--) {
		const j = Math.floor(random() * (i + 1));
		[order[i], order[j]] = [order[j], order[i]];
	}
}
