// Why a training does not get on, in words, and what to try.

import { inHundredths, inPercent } from "./figures.mjs";
import { psi } from "./margin.mjs";
import { words } from "./words.mjs";

const STEEP = 16;
const ENOUGH_STEPS = 1500;
const STUCK = 0.8;
const MERGED = 0.15; // of the angle between evenly spaced classes

// What is seen of a training that does not get on, or nothing.
export function stuck({ steps, accuracy, weights, pinned }, names) {
	if (steps <= ENOUGH_STEPS || accuracy === null) return "";
	const pair = mergedPair(weights, pinned);
	const right = inPercent(accuracy);
	if (pair) return words("The lines of {} and {} have merged; {} are right.", names[pair[0]], names[pair[1]], right);
	return accuracy < STUCK ? words("After more than {} steps only {} are right.", ENOUGH_STEPS, right) : "";
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
	return `${what} ${reason(spec, classes, haste)} ${words("Then press Reset.")}`;
}

function reason(spec, classes, haste) {
	const { s, m1 } = spec;
	const neighbour = Math.cos((2 * Math.PI) / classes);
	const own = psi(0, spec);
	const degrees = Math.round(360 / classes);
	if (haste > 4) return words("The learning rate is large. Take a smaller one.");
	if (own < neighbour) {
		const [mine, theirs] = [own, neighbour].map(inHundredths);
		const room = words("Evenly spaced, {} classes are {}° apart.", classes, degrees);
		const values = [mine, degrees, theirs];
		const lack = words("Even on its own line a digit gets only ψ(0) = {}; a neighbour gets cos {}° = {}.", ...values);
		return `${room} ${lack} ${words("So the margin cannot be kept. Take a smaller m2 or m3, or fewer digits.")}`;
	}
	if (s > STEEP) {
		const push = words("With s = {} a digit on the wrong side is pushed very hard.", Math.round(s));
		const block = words("In two dimensions a class cannot go around another one.");
		return `${push} ${block} ${words("Take s = 4, and raise it while the network learns.")}`;
	}
	if (m1 > 3) return words("Such a large m1 pulls too hard at the start. Begin with m1 = 1, and raise it slowly.");
	return words("Take a smaller rate or another seed.");
}

// Where trouble is said. It is written anew only when something else is the matter, so that a screen reader does not
// repeat it.
export class TroubleBox {
	constructor(element) {
		this.element = element;
	}

	say(text) {
		const kind = text.replace(/[\d.]+ %/, "");
		if (kind === this.kind && !this.element.hidden) return;
		this.kind = kind;
		this.element.textContent = text;
		this.element.hidden = false;
	}

	hide() {
		this.element.hidden = true;
	}
}
