// What lies behind the points: regions of the classes, the margin between them, circles, lobes.

import { linearScale } from "./camera.mjs";
import { createElement } from "./elements.mjs";
import { drawLengthRings } from "./length_rings.mjs";
import { drawLobes } from "./lobe_layer.mjs";
import { pageData } from "./page_data.mjs";
import { disc, fillPath, polyline, strokePath } from "./shapes.mjs";
import { theme } from "./theme.mjs";
import { movedWedges } from "./wedges.mjs";

const HATCH = 0.014;
const LEAST_HATCH = 5;

export function drawBackdrop(pane, hidden) {
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
	if (run.circle) strokePath(backdrop, disc(pane.place(0, 0), pane.lengthOf(unitRing)), theme().muted, 1);
	drawLengthRings(pane);
	if (run.lobed) drawLobes(pane, hidden);
}

// On a logarithmic scale cells have no straight sides, and are left out.
function drawCells(pane) {
	const { run, backdrop, moment } = pane;
	const scale = linearScale(run.camera, pane.rim);
	if (scale === null) return;
	backdrop.save();
	if (run.lobed) backdrop.clip(disc(pane.place(0, 0), pane.lengthOf(run.farthest)));
	run.cells[moment.before].forEach((corners, label) => {
		fillPath(backdrop, polyline(corners.map(([x, y]) => pane.place(x * scale, y * scale))), run.colors[label]);
	});
	backdrop.restore();
}

function wedgePath(pane, [start, width]) {
	const centre = pane.place(0, 0);
	const path = polyline([centre]);
	path.arc(...centre, pane.lengthOf(pane.run.farthest), -start, -start - width, true);
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
