// The image looked at: its way through training, a ring where it is now, its card at the pointer.

const CARD = 84;
const AWAY = 18;

function drawFocus(pane, index, withCard) {
	const { marks, side, run, row, moment, spots } = pane;
	const { x, y, count, labels } = run[pane.split];
	const { ink, background } = theme();
	const color = run.colors[labels[index]];
	const [now, onRim] = spots.map(([xs, ys]) => [xs[index], ys[index]]);
	const places = run.epochs.map((_, k) => pane.place(x[k * count + index], y[k * count + index]));
	const past = line([...places.slice(0, row + 1), now]);
	draw(marks, past, null, `${background}cc`, 4.5);
	draw(marks, past, null, ink, 1.8);
	draw(marks, line([now, ...places.slice(moment.share ? moment.after : row + 1)]), null, `${ink}80`, 1.1, [3, 4]);
	for (const place of places) draw(marks, disc(place, 2), ink);
	for (const spot of onRim ? [now, onRim] : [now]) {
		const ring = disc(spot, Math.max(5, 0.009 * side));
		draw(marks, ring, color, background, 5);
		draw(marks, ring, null, ink, 2.25);
	}
	if (withCard) drawCard(pane, index, now, color);
}

// Beside the point, on the side that has room.
function drawCard({ marks, side, set, split }, index, [x, y], color) {
	const left = x + AWAY + CARD < side ? x + AWAY : x - AWAY - CARD;
	const top = Math.max(AWAY, Math.min(side - CARD - AWAY, y - CARD));
	draw(marks, box(left, top, CARD, CARD, 8), theme().background, color, 2.5);
	marks.imageSmoothingEnabled = false;
	marks.drawImage(drawDigit(set[split], index), left, top, CARD, CARD);
}
