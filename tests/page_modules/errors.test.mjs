import assert from "node:assert/strict";
import test from "node:test";

import { classDistances } from "../../marginalia/viz/page/modules/class_distances.mjs";
import { areComparable, differenceInWords, rightAndWrong } from "../../marginalia/viz/page/modules/differences.mjs";
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

test("a difference is what one run gets right and the other wrong at its own snapshot", () => {
	const labels = [0, 1, 2, 3];
	const first = { points: { labels, count: 4, predictions: Uint8Array.from([9, 9, 9, 9, 0, 1, 0, 0]) }, row: 1 };
	const second = { points: { labels, count: 4, predictions: Uint8Array.from([0, 0, 2, 0]) }, row: 0 };
	assert.deepEqual([...rightAndWrong(first, second)], [0, 1, 0, 0]);
	assert.deepEqual([...rightAndWrong(second, first)], [0, 0, 1, 0]);
	const only = rightAndWrong(first, second);
	const view = { hidden: [], errorsOnly: false };
	assert.deepEqual([...visibilityOf(first.points, 1, view, only)], [0, 1, 0, 0]);
	assert.deepEqual([...visibilityOf(second.points, 0, view, only)], [0, 2, 0, 0]);
	assert.deepEqual([...visibilityOf(second.points, 0, { ...view, hidden: [1] }, only)], [0, 0, 0, 0]);
	const found = findErrors([paneOf(labels, [0, 1, 0, 0]), paneOf(labels, [0, 0, 2, 0])], [], only);
	assert.deepEqual(found.map(({ index, times }) => [index, times]), [[1, 1]]);
});

test("only two runs of the same images are compared", () => {
	const [set, other] = [{}, {}];
	assert.equal(areComparable([{ set }, { set }]), true);
	assert.equal(areComparable([{ set }, { set: other }]), false);
	assert.equal(areComparable([{ set }]), false);
	assert.equal(areComparable([{ set }, { set }, { set }]), false);
	const panes = ["A", "B"].map((name) => ({ run: { name } }));
	assert.equal(differenceInWords(panes, 1), "only B is right");
});
