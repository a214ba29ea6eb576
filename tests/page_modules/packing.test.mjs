import assert from "node:assert/strict";
import test from "node:test";

import { greysOf, readerOf, takeSplit, takeSteps } from "../../marginalia/viz/page/modules/packing.mjs";

// As `planes` of pack.py writes them.
function packed(rows) {
	const folded = rows.flatMap((row, r) => row.map((step, i) => fold(step - (rows[r - 1]?.[i] ?? 0))));
	return [...folded.map((value) => value & 255), ...folded.map((value) => value >> 8)];
}

function fold(difference) {
	const change = ((((difference + 2048) % 4096) + 4096) % 4096) - 2048;
	return change < 0 ? -2 * change - 1 : 2 * change;
}

test("steps come back from their differences, also across the end of a turn", () => {
	const rows = [[0, 4095, 7], [4095, 1, 2055], [4000, 4095, 0]];
	const take = readerOf(Uint8Array.from(packed(rows)).buffer);
	assert.deepEqual([...takeSteps(take, 3, 3)], rows.flat());
});

test("a split has its points, its predictions and its counts, in this order", () => {
	const bytes = [...packed([[0, 1024], [2048, 1024]]), ...packed([[4095, 0], [4095, 4095]]), 1, 0, 255, 2, 7, 0, 9, 1];
	const take = readerOf(Uint8Array.from(bytes).buffer);
	const run = { epochs: [0, 1], classes: ["only"] };
	const split = takeSplit(take, run, { labels: [3, 4], numbers: [10, 20] }, [2, 8], 1);
	assert.deepEqual([...split.x].map(Math.round), [2, 0, -8, 0]);
	assert.deepEqual([...split.y].map(Math.round), [0, 0, 0, 8]);
	assert.deepEqual([...split.predictions], [4, 4, 3, 6]);
	assert.deepEqual([...split.counts], [7, 265]);
	assert.equal(split.count, 2);
});

test("an image has two pixels a byte, the left one high", () => {
	const digits = new Uint8Array(2 * 392);
	digits[392] = 0xf1;
	assert.deepEqual([...greysOf(digits, 1).slice(0, 3)], [255, 17, 0]);
	assert.equal(Math.max(...greysOf(digits, 0)), 0);
});
