// Where the points of a moment are, in pixels.

import { interpolate } from "./numbers.mjs";

// [xs, ys] of the features, and of their directions on a ring if there is one. reach: half the height, feature units.
export function placePoints({ x, y, count }, { before, after, share }, middle, reach, ring) {
	const [xs, ys, ringX, ringY] = Array.from({ length: 4 }, () => new Float32Array(count));
	const scale = middle / reach;
	for (let i = 0, a = before * count, b = after * count; i < count; i++, a++, b++) {
		const featureX = interpolate(x[a], x[b], share);
		const featureY = interpolate(y[a], y[b], share);
		const toRing = (ring * middle) / (Math.hypot(featureX, featureY) || 1);
		xs[i] = middle + featureX * scale;
		ys[i] = middle - featureY * scale;
		ringX[i] = middle + featureX * toRing;
		ringY[i] = middle - featureY * toRing;
	}
	return ring ? [[xs, ys], [ringX, ringY]] : [[xs, ys]];
}
