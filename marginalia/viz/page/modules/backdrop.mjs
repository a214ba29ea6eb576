// What lies behind the points: regions of the classes, the margin between them, the unit circle.

import { createElement } from "./elements.mjs";
import { pageData } from "./page_data.mjs";
import { disc, fillPath, polyline, strokePath } from "./shapes.mjs";
import { theme } from "./theme.mjs";
import { movedWedges } from "./wedges.mjs";

const HATCH = 0.014;
const LEAST_HATCH = 5;

export function drawBackdrop(pane) {
	const { run, backdrop, side, moment } = pane;
	const { unitRing } = pageData.geometry;
	backdrop.clearRect(0, 0, side, side);
	backdrop.globalAlpha = theme().tint;
	drawCells(pane);
	for (const [label, ...arc] of movedWedges(run.sectors, moment)) {
		fillPath(backdrop, wedgePath(pane, arc), run.colors[label]);
	}
	backdrop.globalAlpha = 1;
	for (const fill of [`${theme().background}59`, hatch(side)]) {
		for (const [, ...arc] of movedWedges(run.margins, moment)) fillPath(backdrop, wedgePath(pane, arc), fill);
	}
	if (run.rim) strokePath(backdrop, disc(pane.place(0, 0), unitRing * pane.middle), theme().muted, 1);
}

function drawCells(pane) {
	const { run, backdrop, moment } = pane;
	run.cells[moment.before].forEach((corners, label) => {
		const path = polyline(corners.map(([x, y]) => pane.place(x / run.reach, y / run.reach)));
		fillPath(backdrop, path, run.colors[label]);
	});
}

function wedgePath(pane, [start, width]) {
	const centre = pane.place(0, 0);
	const path = polyline([centre]);
	path.arc(...centre, pageData.geometry.beyond * pane.middle, -start, -start - width, true);
	return path;
}

function hatch(paneSide) {
	const side = Math.max(LEAST_HATCH, Math.round(HATCH * paneSide));
	const canvas = createElement("canvas", { width: side, height: side });
	const context = canvas.getContext("2d");
	context.fillStyle = `${theme().muted}52`;
	context.fillRect(0, 0, side, 1);
	return context.createPattern(canvas, "repeat");
}
