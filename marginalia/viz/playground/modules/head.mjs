// AngleLinear and its cross-entropy in the plane, with gradients in polar coordinates.
//
//   logit_y = s |w_y| |x| psi(theta_y)        logit_j = s |w_j| |x| cos(theta_j), j != y
//
// with |w| = 1 if wNorm and |x| = 1 if xNorm. Source: ArcFace (1801.07698, eq. 4).

import { TURN } from "../../page/modules/numbers.mjs";
import { psi, psiSlope } from "./margin.mjs";

// features: (N, 2) and weights: (C, 2), row by row; labels: (N,). Writes dloss/dfeatures and dloss/dweights where they
// are given, and returns the mean loss. A feature or weight of length 0 has no direction and no gradient.
export function lossOf(features, labels, weights, spec, featureGradient = null, weightGradient = null) {
	const count = labels.length;
	const classes = weights.length / 2;
	const logits = new Float64Array(classes);
	const directions = polar(weights, spec.wNorm);
	const gradients = { features: featureGradient, weights: weightGradient };
	weightGradient?.fill(0);
	let total = 0;
	for (let i = 0; i < count; i++) {
		const x = features[2 * i];
		const y = features[2 * i + 1];
		const length = Math.hypot(x, y);
		const angle = Math.atan2(y, x);
		const scale = spec.s * (spec.xNorm ? 1 : length);
		const label = labels[i];
		for (let j = 0; j < classes; j++) {
			const theta = Math.abs(turned(angle - directions.angle[j]));
			const value = j === label ? psi(theta, spec) : Math.cos(theta);
			logits[j] = length === 0 ? 0 : scale * directions.length[j] * value; // NaN stays NaN
		}
		total += softmaxInPlace(logits, label);
		if (!featureGradient) continue;
		featureGradient[2 * i] = featureGradient[2 * i + 1] = 0;
		const image = { row: i, label, angle, length, scale: scale / count };
		if (length !== 0) addGradients(image, logits, directions, spec, gradients);
	}
	return total / count;
}

// Turns the logits into dloss/dlogits, and returns the loss.
function softmaxInPlace(logits, label) {
	let highest = -Infinity;
	for (const logit of logits) if (!(logit <= highest)) highest = logit;
	let sum = 0;
	const target = logits[label] - highest;
	for (let j = 0; j < logits.length; j++) sum += logits[j] = Math.exp(logits[j] - highest);
	for (let j = 0; j < logits.length; j++) logits[j] /= sum;
	logits[label] -= 1;
	return Math.log(sum) - target;
}

// slopes: dloss/dlogits of this image. scale: s |x| / N.
function addGradients({ row, label, angle, length, scale }, slopes, directions, spec, gradients) {
	let around = 0;
	let outwards = 0;
	for (let j = 0; j < slopes.length; j++) {
		const difference = turned(angle - directions.angle[j]);
		const theta = Math.abs(difference);
		const value = j === label ? psi(theta, spec) : Math.cos(theta);
		const slope = (j === label ? psiSlope(theta, spec) : -Math.sin(theta)) * Math.sign(difference);
		const turning = slopes[j] * scale * directions.length[j] * slope;
		around += turning;
		outwards += (slopes[j] * scale * directions.length[j] * value) / length;
		const lengthening = spec.wNorm ? 0 : slopes[j] * scale * value;
		addPolar(gradients.weights, j, directions.angle[j], directions.whole[j], lengthening, -turning);
	}
	addPolar(gradients.features, row, angle, length, spec.xNorm ? 0 : outwards, around);
}

// Adds a gradient given along the length and along the angle of a vector.
function addPolar(gradient, row, angle, length, outwards, around) {
	if (!length) return;
	const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
	gradient[2 * row] += outwards * cosine - (around / length) * sine;
	gradient[2 * row + 1] += outwards * sine + (around / length) * cosine;
}

function polar(vectors, isNormalised) {
	const count = vectors.length / 2;
	const angle = new Float64Array(count);
	const whole = new Float64Array(count);
	for (let j = 0; j < count; j++) {
		angle[j] = Math.atan2(vectors[2 * j + 1], vectors[2 * j]);
		whole[j] = Math.hypot(vectors[2 * j], vectors[2 * j + 1]);
	}
	return { angle, whole, length: isNormalised ? new Float64Array(count).fill(1) : whole };
}

// The angle in [-pi, pi).
function turned(angle) {
	return angle - TURN * Math.floor((angle + Math.PI) / TURN);
}

// The class with the largest logit without margin, for each feature.
export function predictionsOf(features, weights, { wNorm }) {
	const { angle, length } = polar(weights, wNorm);
	return Uint8Array.from({ length: features.length / 2 }, (_, i) => {
		const direction = Math.atan2(features[2 * i + 1], features[2 * i]);
		let best = 0;
		for (let j = 1; j < angle.length; j++) {
			if (length[j] * Math.cos(direction - angle[j]) > length[best] * Math.cos(direction - angle[best])) best = j;
		}
		return best;
	});
}
