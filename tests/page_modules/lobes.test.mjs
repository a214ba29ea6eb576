import assert from "node:assert/strict";
import test from "node:test";

import { gapsBetween, widestGap } from "../../marginalia/viz/page/modules/directions.mjs";
import { densitiesOf, freeDirection, heightOf, standingRuns } from "../../marginalia/viz/page/modules/lobes.mjs";

const DEGREE = Math.PI / 180;
const SCALE = { bins: 1800, bandwidth: 0.4, least: 0.01, largest: 1, leastGap: 24 * DEGREE, halfLabel: 30 };

function densitiesAt(angles, labels, classes) {
	const places = [angles.map((angle) => Math.cos(angle * DEGREE)), angles.map((angle) => Math.sin(angle * DEGREE))];
	return densitiesOf(places, labels, classes, SCALE);
}

function close(actual, wanted, tolerance = 1e-6) {
	assert.ok(Math.abs(actual - wanted) <= tolerance, `${actual} is not ${wanted}`);
}

test("a class in one direction has all of it in one degree", () => {
	const densities = densitiesAt([90.1, 90.1, 90.1, 10.1], [1, 1, 1, 0], 2);
	close(densities[1800 + 450], 1 / (0.4 * Math.sqrt(2 * Math.PI)));
	const sum = densities.subarray(1800).reduce((total, value) => total + value, 0);
	close(sum * 0.2, 1, 1e-5);
});

test("a lobe goes on across the end of a turn", () => {
	const densities = densitiesAt([0.1], [0], 1);
	close(densities[1], densities[1799]);
	const [[start, end], ...others] = standingRuns(densities, 0, SCALE);
	assert.equal(others.length, 0);
	assert.ok(start < 1800 && end > 1800);
	assert.equal(start + end - 1, 2 * 1800);
});

test("a class without points has no lobe, an even one has all around", () => {
	assert.deepEqual(standingRuns(densitiesAt([0], [0], 2), 1, SCALE), []);
	assert.deepEqual(standingRuns(new Float32Array(1800).fill(0.5), 0, SCALE), [[0, 1800]]);
});

test("heights are even in the logarithm, from 1 % to 100 %", () => {
	close(heightOf(0.1, SCALE), 0.5);
	assert.deepEqual([heightOf(0, SCALE), heightOf(0.01, SCALE), heightOf(1, SCALE), heightOf(7, SCALE)], [0, 0, 1, 1]);
});

test("the widest gap may lie across the end of a turn", () => {
	close(widestGap([0.5, 2, 4]), 4 + (0.5 + 2 * Math.PI - 4) / 2);
	close(widestGap([]), Math.PI / 4);
	close(gapsBetween([-0.5, 0.5]).reduce((sum, [, width]) => sum + width, 0), 2 * Math.PI);
});

test("labels stand between two badges where the lobes are lowest", () => {
	const densities = densitiesAt([60, 180], [0, 1], 2);
	close(freeDirection(densities, 2, [0, 120, 240].map((angle) => angle * DEGREE), SCALE), 300 * DEGREE);
});
