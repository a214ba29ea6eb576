// Directions around the circle, in radians.

import { TURN } from "./numbers.mjs";

// From 0 to just below a full turn.
export function wrapped(angle) {
	return ((angle % TURN) + TURN) % TURN;
}

// [start, width] of what lies between neighbours.
export function gapsBetween(angles) {
	const sorted = angles.map(wrapped).sort((a, b) => a - b);
	return sorted.map((start, i) => [start, i + 1 < sorted.length ? sorted[i + 1] - start : sorted[0] + TURN - start]);
}

// The middle of the widest gap; 45 degrees if there are no directions.
export function widestGap(angles) {
	if (angles.length === 0) return TURN / 8;
	const [start, width] = gapsBetween(angles).reduce((a, b) => (b[1] > a[1] ? b : a));
	return start + width / 2;
}
