import assert from "node:assert/strict";
import test from "node:test";

import { bestGrid } from "../../marginalia/viz/page/modules/grid.mjs";
import { makeStamp, paintStamp } from "../../marginalia/viz/page/modules/stamps.mjs";

function rasterOf(width) {
	return { width, pixels: new Uint32Array(width * width) };
}

test("a dot covers its area", () => {
	const raster = rasterOf(20);
	paintStamp(raster, 10, 10, makeStamp(4), 0x0000ff);
	const covered = raster.pixels.reduce((sum, pixel) => sum + (pixel >>> 24) / 255, 0);
	assert.ok(Math.abs(covered - Math.PI * 16) < 2, covered);
	assert.equal(raster.pixels[10 * 20 + 10] >>> 0, 0xff0000ff);
});

test("a ring leaves its middle free", () => {
	const raster = rasterOf(20);
	paintStamp(raster, 10, 10, makeStamp(6, 1), 0xffffff);
	assert.equal(raster.pixels[10 * 20 + 10], 0);
	assert.ok(raster.pixels.some((pixel) => pixel >>> 24 > 200));
});

test("what does not fit is not painted", () => {
	const raster = rasterOf(20);
	for (const [x, y] of [[0, 10], [10, 19.9], [-50, 3], [NaN, 3]]) paintStamp(raster, x, y, makeStamp(3), 1);
	assert.ok(raster.pixels.every((pixel) => pixel === 0));
});

test("a half-covered colour mixes with what is there", () => {
	const raster = rasterOf(9);
	const stamp = makeStamp(3, 0, 0.5);
	paintStamp(raster, 4.5, 4.5, stamp, 0x0000ff);
	paintStamp(raster, 4.5, 4.5, stamp, 0xff0000);
	const pixel = raster.pixels[4 * 9 + 4] >>> 0;
	assert.equal(pixel >>> 24, 191);
	assert.ok((pixel & 255) < ((pixel >> 16) & 255), "the later one is the stronger");
});

test("panes are as large as the window lets them be", () => {
	assert.deepEqual(bestGrid(1, 1200, 600, 16), { columns: 1, side: 584, beside: true });
	assert.equal(bestGrid(2, 1200, 700, 16).columns, 2);
	const phone = bestGrid(2, 330, 600, 16);
	assert.deepEqual([phone.columns, phone.beside], [1, false]);
	assert.ok(phone.side > 300);
});
