import assert from "node:assert/strict";
import test from "node:test";

import { classDistances } from "../../marginalia/viz/page/modules/class_distances.mjs";
import { ringOpacity } from "../../marginalia/viz/page/modules/error_rings.mjs";
import { findErrors } from "../../marginalia/viz/page/modules/found_errors.mjs";
import { visibilityOf } from "../../marginalia/viz/page/modules/visibility.mjs";

const GEOMETRY = { darkestRing: 0.8, fewRings: 400 };

function paneOf(labels, predictions) {
	return {
		points: { labels, count: labels.length },
		predictionOf: (index) => predictions[index],
		imageAt: (index) => ({ data: "digits", split: "test", number: 100 - index }),
	};
}

test("errors of most panes come first, then by number", () => {
	const panes = [paneOf([0, 1, 2, 3], [1, 1, 0, 0]), paneOf([0, 1, 2, 3], [0, 1, 1, 3])];
	const found = findErrors(panes, []);
	assert.deepEqual(found.map(({ index, times }) => [index, times]), [[2, 2], [3, 1], [0, 1]]);
	assert.deepEqual(findErrors(panes, [2]).map(({ index }) => index), [3, 0]);
});

test("a point is shown unless its class is hidden or only errors are asked for", () => {
	const points = { predictions: Uint8Array.from([9, 9, 9, 0, 0, 2]), labels: [0, 1, 2], count: 3 };
	assert.deepEqual([...visibilityOf(points, 1, { hidden: [], errorsOnly: false })], [1, 2, 1]);
	assert.deepEqual([...visibilityOf(points, 1, { hidden: [2], errorsOnly: false })], [1, 2, 0]);
	assert.deepEqual([...visibilityOf(points, 1, { hidden: [], errorsOnly: true })], [0, 2, 0]);
});

test("rings are paler where they crowd and where there are many", () => {
	assert.equal(ringOpacity([], 10, GEOMETRY), 0.8);
	assert.equal(ringOpacity([[0, 0], [100, 0], [0, 100]], 10, GEOMETRY), 0.8);
	assert.equal(ringOpacity([[0, 0], [1, 1], [2, 2], [100, 0]], 10, GEOMETRY), 0.8 / 3);
	const apart = Array.from({ length: 800 }, (_, i) => [100 * i, 0]);
	assert.equal(ringOpacity(apart, 10, GEOMETRY), 0.4);
});

test("the next class is the one with the best logit or the nearest weight", () => {
	const weights = [[0, 1], [0.5, 1], [-0.4, 0.1]];
	const byAngle = classDistances(weights, [3, 0], 0, false);
	assert.equal(byAngle.own, 0);
	assert.equal(byAngle.runnerUp, 1);
	assert.ok(Math.abs(byAngle.next - 0.5) < 1e-12);
	const byDistance = classDistances(weights, [0, 0], 0, true);
	assert.deepEqual([byDistance.own, byDistance.runnerUp], [1, 2]);
});
