// Circles of constant |x| with their lengths, so that growth can be read where the camera follows it.

import { ringsAt } from "./camera.mjs";
import { widestGap } from "./directions.mjs";
import { drawLabels } from "./labels.mjs";
import { interpolate, lengthInWords } from "./numbers.mjs";
import { disc, strokePath } from "./shapes.mjs";
import { theme } from "./theme.mjs";

const ALPHA = 0.6;

export function drawLengthRings(pane) {
	const { backdrop, run: { camera, circle, exact }, rim } = pane;
	if (camera.kind === "fixed" || !exact) return;
	const radii = ringsAt(camera, rim).map(([, radius]) => radius);
	backdrop.globalAlpha = ALPHA;
	for (const radius of circle ? radii : [...radii, camera.disc]) {
		strokePath(backdrop, disc(pane.place(0, 0), pane.lengthOf(radius)), theme().muted, 1);
	}
	backdrop.globalAlpha = 1;
}

// In the widest gap between the class directions.
export function drawLengthLabels(pane) {
	const { run: { camera, exact, weights }, moment: { before, after, share }, rim } = pane;
	if (!exact) return;
	const where = widestGap(weights[before].map(([angle], label) => interpolate(angle, weights[after][label][0], share)));
	const labels = ringsAt(camera, rim).map(([length, radius]) => [lengthInWords(length), pane.onRing(where, radius)]);
	drawLabels(pane, labels, theme().ink);
}
