// Draws the lobes outside the disc, and what their heights mean.

import { drawLabels } from "./labels.mjs";
import { densitiesOf, freeDirection, heightOf, standingRuns } from "./lobes.mjs";
import { TURN } from "./numbers.mjs";
import { pageData } from "./page_data.mjs";
import { disc, fillPath, strokePath } from "./shapes.mjs";
import { theme } from "./theme.mjs";

const BINS = pageData.lobes.bins;
const COSINES = Float64Array.from({ length: BINS }, (_, bin) => Math.cos(((bin + 0.5) * TURN) / BINS));
const SINES = Float64Array.from({ length: BINS }, (_, bin) => Math.sin(((bin + 0.5) * TURN) / BINS));
const TICK_ALPHA = 0.35;

export function drawLobes(pane, hidden) {
	const { backdrop, run, densities } = pane;
	const { opacity, ticks } = pageData.lobes;
	backdrop.globalAlpha = TICK_ALPHA;
	for (const share of ticks) {
		strokePath(backdrop, disc(pane.place(0, 0), pane.lengthOf(outlineRadius(share))), theme().muted, 1);
	}
	backdrop.globalAlpha = opacity;
	run.colors.forEach((color, label) => {
		if (hidden.includes(label)) return;
		const path = new Path2D();
		for (const ends of standingRuns(densities, label, pageData.lobes)) addLobe(path, pane, label, ends);
		fillPath(backdrop, path, color);
	});
	backdrop.globalAlpha = 1;
}

function outlineRadius(density) {
	const { reach, height } = pageData.lobes;
	return reach + height * heightOf(density, pageData.lobes);
}

// What lies between the outline in these bins and the disc.
function addLobe(path, { middle, zoom, densities }, label, [start, end]) {
	const scale = middle * zoom.scale;
	const [centreX, centreY] = [middle - zoom.x * scale, middle + zoom.y * scale];
	const lineTo = (bin, radius) => {
		path.lineTo(centreX + radius * scale * COSINES[bin], centreY - radius * scale * SINES[bin]);
	};
	const wrappedBin = (bin) => (bin + BINS) % BINS;
	for (let bin = start - 1; bin <= end; bin++) {
		lineTo(wrappedBin(bin), outlineRadius(densities[label * BINS + wrappedBin(bin)]));
	}
	for (let bin = end; bin >= start - 1; bin--) lineTo(wrappedBin(bin), pageData.lobes.reach);
	path.closePath();
}

// Between two badges, where the lobes of the snapshot are lowest; until the next snapshot they stay there.
export function drawLobeTicks(pane) {
	const { run, split, row } = pane;
	const key = `${split} ${row}`;
	if (pane.lobeTicks?.key !== key) {
		const classes = run.classes.length;
		const densities = densitiesOf(pane.seenIn(row), pane.points.labels, classes, pageData.lobes);
		pane.lobeTicks = { key, where: freeDirection(densities, classes, run.badges[row], pageData.lobes) };
	}
	const { where } = pane.lobeTicks;
	const labels = pageData.lobes.ticks.map((tick) => [`${100 * tick} %`, pane.onRing(where, outlineRadius(tick))]);
	drawLabels(pane, labels, theme().muted);
}
