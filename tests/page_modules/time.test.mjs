import assert from "node:assert/strict";
import test from "node:test";

import { fromHash, toHash } from "../../marginalia/viz/page/modules/address.mjs";
import { Clock } from "../../marginalia/viz/page/modules/clock.mjs";
import { momentOf } from "../../marginalia/viz/page/modules/moments.mjs";
import { movedWedges } from "../../marginalia/viz/page/modules/wedges.mjs";

test("a moment lies between the snapshots around it", () => {
	assert.deepEqual(momentOf([0, 1, 2], 1.25), { before: 1, after: 2, share: 0.25 });
	assert.deepEqual(momentOf([0, 1, 2], 2), { before: 2, after: 2, share: 0 });
	assert.deepEqual(momentOf([0, 1, 1], 1.5), { before: 1, after: 1, share: 0 }, "a run that is over waits");
});

test("the clock plays to the last snapshot and rests there", () => {
	const clock = new Clock(3, () => false);
	clock.hold(0);
	clock.play();
	let ticks = 0;
	while (!clock.resting) {
		clock.tick(0.05);
		ticks++;
	}
	assert.equal(clock.position, 3);
	assert.equal(ticks, 36);
	clock.play();
	assert.deepEqual([clock.position, clock.goal], [0, 3], "from the first snapshot again");
});

test("a stopped clock goes on to the next snapshot", () => {
	const clock = new Clock(3, () => false);
	clock.hold(0);
	clock.play();
	clock.tick(0.1);
	clock.play();
	assert.deepEqual([clock.playing, clock.goal], [false, 1]);
});

test("a still clock jumps and shows snapshots only", () => {
	const clock = new Clock(3, () => true);
	clock.go(1);
	assert.deepEqual([clock.position, clock.resting], [1, true]);
	clock.hold(1.7);
	assert.equal(clock.shown, 1);
	clock.step(9);
	assert.equal(clock.position, 3);
});

test("an address says what it shows and is understood again", () => {
	const view = { split: "train", hidden: [2, 5], errorsOnly: true, difference: null, pinned: { number: 12 } };
	const hash = toHash(view, 4);
	assert.equal(hash, "#epoch=4&split=train&hide=2,5&errors=1&image=12");
	const { pinned, ...shown } = view;
	assert.deepEqual(fromHash(hash, [0, 2, 4]), { ...shown, position: 2, number: pinned.number });
	const compared = { ...view, errorsOnly: false, difference: 1, pinned: null };
	assert.equal(toHash(compared, 4), "#epoch=4&split=train&hide=2,5&right=2");
	assert.equal(fromHash("#right=2", [0]).difference, 1);
});

test("what makes no sense in an address is left out", () => {
	const found = fromHash("#epoch=soon&split=all&hide=x,-1,3&errors=yes&right=3&image=1e5", [0, 1]);
	const view = { split: "test", hidden: [3], errorsOnly: false, difference: null };
	assert.deepEqual(found, { ...view, position: 0, number: null });
	assert.equal(fromHash("", [0, 1]).position, 1);
});

test("wedges move only where their labels and order stay", () => {
	const wedges = [[[0, 0, 1], [1, 1, 5]], [[0, 0.5, 2], [1, 2.5, 4]], [[1, 0, 6]]];
	assert.deepEqual(movedWedges(wedges, { before: 0, after: 1, share: 0.5 }), [[0, 0.25, 1.5], [1, 1.75, 4.5]]);
	assert.deepEqual(movedWedges(wedges, { before: 1, after: 2, share: 0.5 }), wedges[1]);
});
