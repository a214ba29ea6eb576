// Where points stand in the plane of a pane, whose half height is 1, and in its pixels.

import { scaleOf } from "./camera.mjs";
import { interpolate } from "./numbers.mjs";

// Where one feature stands.
export function seenPlace(camera, rim, x, y) {
	const scale = scaleOf(camera, Math.hypot(x, y), rim);
	return [x * scale, y * scale];
}

// [xs, ys] of all points of a snapshot.
export function seenPlaces(camera, rim, { x, y, count }, row) {
	const xs = new Float32Array(count);
	const ys = new Float32Array(count);
	for (let i = 0, at = row * count; i < count; i++, at++) {
		const scale = scaleOf(camera, Math.sqrt(x[at] * x[at] + y[at] * y[at]), rim);
		xs[i] = x[at] * scale;
		ys[i] = y[at] * scale;
	}
	return [xs, ys];
}

// Between two snapshots points go on straight lines from where they stand to where they will.
export function placesBetween(before, after, share) {
	if (share === 0) return before;
	return before.map((axis, k) => axis.map((value, i) => interpolate(value, after[k][i], share)));
}

// Their directions on a ring.
export function onRing([xs, ys], radius) {
	const ringX = new Float32Array(xs.length);
	const ringY = new Float32Array(xs.length);
	for (let i = 0; i < xs.length; i++) {
		const scale = radius / (Math.sqrt(xs[i] * xs[i] + ys[i] * ys[i]) || 1);
		ringX[i] = xs[i] * scale;
		ringY[i] = ys[i] * scale;
	}
	return [ringX, ringY];
}

// Pixels of a pane with this middle, zoomed.
export function inPixels([xs, ys], middle, zoom) {
	const scale = middle * zoom.scale;
	return [xs.map((x) => middle + (x - zoom.x) * scale), ys.map((y) => middle - (y - zoom.y) * scale)];
}
