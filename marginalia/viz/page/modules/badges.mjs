// The directions of the classes, a line and a badge each.

import { clamp, interpolate } from "./numbers.mjs";
import { pageData } from "./page_data.mjs";
import { disc, fillPath, polyline, roundedBox, strokePath } from "./shapes.mjs";
import { theme } from "./theme.mjs";

const HIDDEN_ALPHA = 0.25;
const TEXT_SIZE = 1.24;
const DOT_SIZE = 0.006;

export function drawBadges(pane, hidden) {
	const { marks, side, run, moment: { before, after, share } } = pane;
	const { badgeRing } = pageData.geometry;
	run.classes.forEach((_, label) => {
		const angle = interpolate(run.weights[before][label][0], run.weights[after][label][0], share);
		const badgeAngle = interpolate(run.badges[before][label], run.badges[after][label], share);
		if (!run.named) return drawDot(pane, label, pane.onRing(angle, badgeRing));
		const tip = pane.onRing(badgeAngle, badgeRing);
		const spoke = polyline([pane.place(0, 0), pane.onRing(angle, run.knee), tip]);
		marks.globalAlpha = hidden.includes(label) ? HIDDEN_ALPHA : 1;
		strokePath(marks, spoke, `${theme().ink}8c`, Math.max(1, 0.0022 * side));
		drawBadge(pane, label, tip);
	});
	marks.globalAlpha = 1;
}

// Too many classes for names.
function drawDot(pane, label, place) {
	const { marks, run, side } = pane;
	const shape = disc(place, DOT_SIZE * side);
	fillPath(marks, shape, run.colors[label]);
	pane.badgeShapes[label] = shape;
}

// Long names stay within the pane, as long as it shows the whole picture.
function drawBadge(pane, label, [x, y]) {
	const { marks, badge, run, side, zoom } = pane;
	const name = run.short[label];
	const font = `bold ${TEXT_SIZE * badge}px system-ui`;
	Object.assign(marks, { font, textAlign: "center", textBaseline: "middle" });
	const half = Math.max(badge, marks.measureText(name).width / 2 + 0.55 * badge);
	const centre = zoom.scale === 1 ? clamp(x, half + 2, side - half - 2) : x;
	const shape = roundedBox(centre - half, y - badge, 2 * half, 2 * badge, badge);
	fillPath(marks, shape, run.colors[label]);
	strokePath(marks, shape, theme().background, 1.5);
	marks.fillStyle = run.onColors[label];
	marks.fillText(name, centre, y + 0.06 * badge);
	pane.badgeShapes[label] = shape;
}
