// Digits, and what the network sees of them.

import { FEATURES, describe } from "./gradient_histograms.mjs";

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
