// Why a training does not get on, in words, and what to try.

import { inPercent } from "./figures.mjs";
import { psi } from "./margin.mjs";

const STEEP = 16;
const ENOUGH_STEPS = 1500;
const STUCK = 0.8;
const MERGED = 0.15; // of the angle between evenly spaced classes

// What is seen of a training that does not get on, or nothing.
export function stuck({ steps, accuracy, weights, pinned }, names) {
	if (steps <= ENOUGH_STEPS || accuracy === null) return "";
	const pair = mergedPair(weights, pinned);
	const right = `${inPercent(accuracy)} are right`;
	if (pair) return `The lines of ${names[pair[0]]} and ${names[pair[1]]} have merged; ${right}.`;
	return accuracy < STUCK ? `After more than ${ENOUGH_STEPS} steps only ${right}.` : "";
}

// Two neighbours that are nearly one, or nothing. A line that is held by hand may be where it likes.
function mergedPair(weights, pinned) {
	const count = weights.length / 2;
	const angles = Array.from({ length: count }, (_, j) => Math.atan2(weights[2 * j + 1], weights[2 * j]));
	const free = [...angles.keys()].filter((j) => !pinned.includes(j)).sort((a, b) => angles[a] - angles[b]);
	const gaps = free.map((j, i) => (angles[free[(i + 1) % free.length]] - angles[j] + 2 * Math.PI) % (2 * Math.PI));
	const narrowest = gaps.indexOf(Math.min(...gaps));
	if (!(gaps[narrowest] < (MERGED * 2 * Math.PI) / count) || free.length < 2) return null;
	return [free[narrowest], free[(narrowest + 1) % free.length]].sort((a, b) => a - b);
}

// what: what is seen. haste: how many times the usual learning rate. Returns it with a reason and an advice.
export function explained(what, spec, classes, haste) {
	return `${what} ${reason(spec, classes, haste)} Then press Reset.`;
}

function reason(spec, classes, haste) {
	const { s, m1 } = spec;
	const neighbour = Math.cos((2 * Math.PI) / classes);
	const own = psi(0, spec);
	const degrees = Math.round(360 / classes);
	if (haste > 4) return "The learning rate is large. Take a smaller one.";
	if (own < neighbour) {
		const [mine, theirs] = [own, neighbour].map((value) => value.toFixed(2).replace("-", "−"));
		return (
			`Evenly spaced, ${classes} classes are ${degrees}° apart. Even on its own line a digit gets only ` +
			`ψ(0) = ${mine}; a neighbour gets cos ${degrees}° = ${theirs}. So the margin cannot be kept. ` +
			"Take a smaller m2 or m3, or fewer digits."
		);
	}
	if (s > STEEP) {
		return (
			`With s = ${Math.round(s)} a digit on the wrong side is pushed very hard, and in two dimensions a class cannot ` +
			"go around another one. Take s = 4, and raise it while the network learns."
		);
	}
	if (m1 > 3) return "A factor m1 this large pulls too hard at the start. Begin with m1 = 1 and raise it slowly.";
	return "Take a smaller rate or another seed.";
}
