// A training that goes on step by step: digits, network, head, optimiser and the changes by hand.

import { Adam } from "./adam.mjs";
import { FEATURES } from "./gradient_histograms.mjs";
import { lossOf, predictionsOf } from "./head.mjs";
import { Network } from "./network.mjs";
import { Pins } from "./pins.mjs";
import { randomNumbers } from "./random.mjs";
import { Sgd } from "./sgd.mjs";
import { partOf } from "./spec.mjs";
import { Timeline } from "./timeline.mjs";

const SIZES = [FEATURES, 64, 64, 2];
const ORDER = 1_000_003;
const OPTIMIZERS = { Adam, SGD: Sgd };

export class Trainer {
	// digits: `Digits`, labels from 0 to `classes` - 1. changes: those of a `Timeline` that is repeated.
	constructor(digits, classes, spec, { rate = 2e-3, batch = 64, seed = 0, optimizer = "Adam", changes = [] } = {}) {
		Object.assign(this, { digits, classes, spec, rate, batch, steps: 0, loss: NaN });
		this.timeline = new Timeline(changes);
		const random = randomNumbers(seed);
		this.network = new Network(SIZES, batch, random);
		this.weights = startOf(classes, spec.wNorm, random);
		this.orderRandom = randomNumbers(seed + ORDER); // so that every loss sees the same digits in the same order
		this.weightGradient = new Float32Array(2 * classes);
		this.featureGradient = new Float32Array(2 * batch);
		this.pins = new Pins(this.weights);
		this.optimizer = new OPTIMIZERS[optimizer]([...this.network.parameters, this.weights]);
		this.inputs = new Float32Array(batch * FEATURES);
		this.labels = new Uint8Array(batch);
		this.order = Uint32Array.from(digits.labels, (_, i) => i);
		this.place = this.order.length;
	}

	// Makes the changes that come now, and returns them.
	catchUp() {
		const changes = this.timeline.due(this.steps);
		changes.forEach((change) => this.apply(change));
		return changes;
	}

	// A change by hand.
	change(name, value) {
		this.catchUp();
		const change = { step: this.steps, name, value };
		this.timeline.add(change);
		this.apply(change);
	}

	apply({ name, value }) {
		if (name.startsWith("pin")) this.pins.hold(Number(name.slice(3)), value);
		else if (name === "rate") this.rate = value;
		else this.spec = { ...this.spec, ...partOf(name, value) };
	}

	step() {
		this.catchUp();
		this.nextBatch();
		const features = this.network.forward(this.inputs);
		this.loss = lossOf(features, this.labels, this.weights, this.spec, this.featureGradient, this.weightGradient);
		this.network.backward(this.featureGradient);
		this.optimizer.step([...this.network.parameterGradients, this.weightGradient], this.rate);
		this.pins.keep();
		this.steps++;
		return this.loss;
	}

	// The digits come in a new random order when all of them were seen.
	nextBatch() {
		if (this.place + this.batch > this.order.length) {
			shuffle(this.order, this.orderRandom);
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
