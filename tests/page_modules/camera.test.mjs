import assert from "node:assert/strict";
import test from "node:test";

import { rimAt, ringsAt, scaleOf } from "../../marginalia/viz/page/modules/camera.mjs";
import { lengthInWords } from "../../marginalia/viz/page/modules/numbers.mjs";
import { inPixels, onRing, placesBetween, seenPlaces } from "../../marginalia/viz/page/modules/positions.mjs";
import { WHOLE, panned, zoomed } from "../../marginalia/viz/page/modules/zoom.mjs";

const RINGS = { leastRing: 0.24, largestRing: 0.97, mostRings: 3, digits: [1, 2, 5] };
const FOLLOW = { kind: "follow", disc: 0.65, reach: 1, rims: [1, 100], short: 0, justBeyond: 1.03, ...RINGS };

function close(actual, wanted, tolerance = 1e-6) {
	assert.equal(actual.length, wanted.length);
	actual.forEach((value, i) => assert.ok(Math.abs(value - wanted[i]) <= tolerance, `${actual} is not ${wanted}`));
}

test("between two snapshots the rim moves evenly in its logarithm", () => {
	assert.equal(rimAt(FOLLOW, { before: 0, after: 1, share: 0.5 }), 10);
	assert.equal(rimAt(FOLLOW, { before: 1, after: 1, share: 0 }), 100);
});

test("what is longer than the rim stands just beyond it, in its direction", () => {
	close([scaleOf(FOLLOW, 50, 100) * 50, scaleOf(FOLLOW, 1e6, 100) * 1e6], [0.325, 0.65 * 1.03]);
	assert.equal(scaleOf(FOLLOW, 0, 100), 0);
	const points = { x: Float32Array.of(9, 3, 0), y: Float32Array.of(0, 4, 2000), count: 3 };
	const [xs, ys] = seenPlaces(FOLLOW, 10, points, 0);
	close([...xs], [0.585, 0.195, 0]);
	close([...ys], [0, 0.26, 0.6695]);
});

test("a fixed camera scales all alike, and has no rings", () => {
	const fixed = { ...FOLLOW, kind: "fixed", reach: 200 };
	assert.equal(scaleOf(fixed, 1e9, NaN), 1 / 200);
	assert.deepEqual(ringsAt(fixed, NaN), []);
});

test("rings stand at round lengths, the longest first", () => {
	assert.deepEqual(ringsAt(FOLLOW, 100).map(([length]) => length), [50]);
	assert.deepEqual(ringsAt(FOLLOW, 21).map(([length]) => length), [20, 10]);
	close(ringsAt(FOLLOW, 21).map(([, radius]) => radius), [0.65 * 20 / 21, 0.65 * 10 / 21]);
	const log = { ...FOLLOW, kind: "log", short: 1, digits: [1] };
	assert.deepEqual(ringsAt(log, 5000).map(([length]) => length), [1000, 100, 10]);
});

test("points go on straight lines, and their directions stay on the ring", () => {
	const before = [Float32Array.of(0, 1), Float32Array.of(0, 0)];
	const after = [Float32Array.of(1, 1), Float32Array.of(0, 2)];
	const half = placesBetween(before, after, 0.5);
	close([...half[0], ...half[1]], [0.5, 1, 0, 1]);
	assert.equal(placesBetween(before, null, 0), before);
	close(onRing(half, 2).map(([, value]) => value), [Math.SQRT2, Math.SQRT2]);
	close(inPixels(half, 100, WHOLE).flatMap((axis) => [...axis]), [150, 200, 100, 0]);
});

test("a zoom keeps the place that it is about", () => {
	const zoom = zoomed(WHOLE, 4, [0.5, -0.25]);
	close(inPixels([[0.5], [-0.25]], 100, zoom).flat(), inPixels([[0.5], [-0.25]], 100, WHOLE).flat());
	assert.equal(zoom.scale, 4);
});

test("the window stays within the whole picture", () => {
	const zoom = panned(zoomed(WHOLE, 2, [0, 0]), [9, -9]);
	assert.deepEqual([zoom.x, zoom.y], [0.5, -0.5]);
	const back = zoomed(zoom, 0.01, [0.7, 0]);
	assert.deepEqual([back.scale, Math.abs(back.x), Math.abs(back.y)], [1, 0, 0]);
	assert.equal(zoomed(WHOLE, 1e9, [0, 0]).scale, 40);
});

test("lengths are written out, or with their decade", () => {
	const written = [5e-6, 1e-4, 0.5, 20, 500_000, 2e6, 1e12].map(lengthInWords);
	assert.deepEqual(written, ["5·10⁻⁶", "0.0001", "0.5", "20", "500,000", "2·10⁶", "1·10¹²"]);
});
