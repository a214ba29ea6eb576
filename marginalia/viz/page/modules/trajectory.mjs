// The image looked at: its way through training, a ring where it is now, its card at the pointer.

import { drawDigit } from "./digits.mjs";
import { pageData } from "./page_data.mjs";
import { clamp } from "./numbers.mjs";
import { disc, fillPath, polyline, roundedBox, strokePath } from "./shapes.mjs";
import { theme } from "./theme.mjs";

const CARD = 84;
const DISTANCE = 18;

export function drawTrajectory(pane, index, withCard) {
	const { marks, side, run, row, moment, spots } = pane;
	const { ink, background } = theme();
	const color = run.colors[pane.points.labels[index]];
	const [now, ...others] = spots.map(([xs, ys]) => [xs[index], ys[index]]);
	const places = run.epochs.map((_, epoch) => pane.placeOf(index, epoch));
	const past = polyline([...places.slice(0, row + 1), now]);
	const future = polyline([now, ...places.slice(moment.share ? moment.after : row + 1)]);
	strokePath(marks, past, `${background}cc`, 4.5);
	strokePath(marks, past, ink, 1.8);
	strokePath(marks, future, `${ink}80`, 1.1, [3, 4]);
	for (const place of places) fillPath(marks, disc(place, 2), ink);
	for (const spot of [now, ...others]) {
		const ring = disc(spot, Math.max(5, 0.009 * side));
		fillPath(marks, ring, color);
		strokePath(marks, ring, background, 5);
		strokePath(marks, ring, ink, 2.25);
	}
	if (withCard && pageData.pictures) drawCard(pane, index, now, color);
}

// Beside the point, on the side that has room.
function drawCard({ marks, side, set, split }, index, [x, y], color) {
	const left = x + DISTANCE + CARD < side ? x + DISTANCE : x - DISTANCE - CARD;
	const top = clamp(y - CARD, DISTANCE, side - CARD - DISTANCE);
	const card = roundedBox(left, top, CARD, CARD, 8);
	fillPath(marks, card, theme().background);
	strokePath(marks, card, color, 2.5);
	marks.imageSmoothingEnabled = false;
	marks.drawImage(drawDigit(set[split], index), left, top, CARD, CARD);
}
