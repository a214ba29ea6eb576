// The image that is looked at, as a pane shows it: its way through training, a ring around where it is now, and the
// image itself where the pointer is.

const CARD = 84;
const AWAY = 18;

function drawFocus(pane, index, withCard) {
	const { marks, ratio, side, run, row, moment, spots } = pane;
	const { x, y, count, labels } = run[pane.split];
	const { ink, background } = theme();
	const color = run.colors[labels[index]];
	const [now] = spots.map(([xs, ys]) => [xs[index], ys[index]]);
	const places = run.epochs.map((_, k) => pane.place(x[k * count + index], y[k * count + index]));
	const past = line([...places.slice(0, row + 1), now]);
	const future = line([now, ...places.slice(Math.max(row + 1, moment.share ? moment.after : 0))]);
	draw(marks, past, null, `${background}cc`, 4.5 * ratio);
	draw(marks, past, null, ink, 1.8 * ratio);
	draw(marks, future, null, `${ink}80`, 1.1 * ratio, [3 * ratio, 4 * ratio]);
	for (const place of places) draw(marks, disc(place, 2 * ratio), ink);
	for (const [xs, ys] of spots) {
		const ring = disc([xs[index], ys[index]], Math.max(5 * ratio, 0.009 * side));
		draw(marks, ring, color, background, 5 * ratio);
		draw(marks, ring, null, ink, 2.25 * ratio);
	}
	if (withCard) drawCard(pane, index, now, color);
}

// The image on a card beside the point, on the side that has room.
function drawCard({ marks, side, ratio, set, split }, index, [x, y], color) {
	const [card, away] = [CARD * ratio, AWAY * ratio];
	const left = x + away + card < side ? x + away : x - away - card;
	const top = Math.max(away, Math.min(side - card - away, y - card));
	const frame = new Path2D();
	frame.roundRect(left, top, card, card, 8 * ratio);
	draw(marks, frame, theme().background, color, 2.5 * ratio);
	marks.imageSmoothingEnabled = false;
	marks.drawImage(drawDigit(make("canvas", DIGIT), digit(set[split], index)), left, top, card, card);
}
