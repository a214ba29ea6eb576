// A full circle in radians, and what lies between two values or two lists of them.

export const TURN = 2 * Math.PI;

export function interpolate(start, end, share) {
	return start + (end - start) * share;
}

export function interpolateAll(starts, ends, share) {
	return starts.map((start, i) => interpolate(start, ends[i], share));
}

export function clamp(value, least, most) {
	return Math.min(most, Math.max(least, value));
}
