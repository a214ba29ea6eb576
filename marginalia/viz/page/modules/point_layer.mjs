// Draws the points, and rings around errors.

import { ringOpacity } from "./error_rings.mjs";
import { pageData } from "./page_data.mjs";
import { makeStamp, paintStamp } from "./stamps.mjs";
import { theme } from "./theme.mjs";
import { SHOWN_ERROR } from "./visibility.mjs";

const RING_RADIUS = 0.0066;
const LEAST_RING_RADIUS = 3.6;

export function drawPoints(pane) {
	const { raster, visibility, spots, ratio, run, stamps } = pane;
	const { labels } = pane.points;
	raster.pixels.fill(0);
	spots.forEach(([xs, ys], layer) => {
		for (let i = 0; i < visibility.length; i++) {
			if (visibility[i]) paintStamp(raster, xs[i] * ratio, ys[i] * ratio, stamps[layer], run.pixels[labels[i]]);
		}
	});
	drawErrorRings(pane);
	pane.dots.putImageData(pane.image, 0, 0);
}

// On the circle if directions are drawn there, else among the features. Where they would be too pale, there are none.
function drawErrorRings(pane) {
	const { raster, visibility, spots, ratio, side } = pane;
	const [xs, ys] = spots.at(-1);
	const places = [];
	visibility.forEach((value, i) => value === SHOWN_ERROR && places.push([xs[i], ys[i]]));
	const radius = Math.max(LEAST_RING_RADIUS, RING_RADIUS * side);
	const alpha = ringOpacity(places, 2 * radius, pageData.geometry);
	pane.ringed = places.length > 0 && alpha > pageData.geometry.faintRing;
	if (!pane.ringed) return;
	const ring = makeStamp(radius * ratio, ratio, alpha);
	for (const [x, y] of places) paintStamp(raster, x * ratio, y * ratio, ring, theme().inkPixel);
}
