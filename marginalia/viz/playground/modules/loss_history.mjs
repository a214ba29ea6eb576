// The loss of the batches over the steps on a canvas, with the least loss of evenly spaced classes.

import { inShort } from "./formula.mjs";
import { psi } from "./margin.mjs";
import { drawLine, emptied, textSize } from "./plot.mjs";
import { words } from "./words.mjs";

const LONGEST = 400; // losses kept; then every other one goes
const NEWEST = 0.1; // the share of a new loss in the running mean
const BEGINNING = 0.05; // of the steps: its losses may leave the picture
const AFTER_THE_FALL = 0.3; // of the width: there the loss no longer reaches the top
const MARK = 0.12; // of the height
const EDGE_WIDTH = 2;
const LABEL_GAP = 3;

// log(1 + sum_k exp s (cos(2 pi k / C) - psi(0))): all features on their weights, the weights evenly around the circle.
// A reference: with unequal classes the loss can fall a little below it. null where a length is free, and where the
// margin is larger than the room between two classes, so that they rather merge.
export function leastLoss({ wNorm, xNorm, ...spec }, classes) {
	const hasRoom = psi(0, spec) >= Math.cos((2 * Math.PI) / classes);
	if (!wNorm || !xNorm || !hasRoom) return null;
	let sum = 0;
	for (let k = 1; k < classes; k++) sum += Math.exp(spec.s * (Math.cos((2 * Math.PI * k) / classes) - psi(0, spec)));
	return Math.log1p(sum);
}

export class LossHistory {
	constructor(canvas) {
		this.canvas = canvas;
		this.clear();
	}

	clear() {
		Object.assign(this, { points: [], mean: NaN });
	}

	add(step, loss) {
		if (step < this.points.at(-1)?.step) this.clear(); // of the training before
		const last = this.points.at(-1);
		if (!Number.isFinite(loss) || step === last?.step) return;
		this.mean = last ? this.mean + NEWEST * (loss - this.mean) : loss;
		this.points.push({ step, loss: this.mean });
		if (this.points.length > LONGEST) this.points = this.points.filter((_, i) => i % 2 === 1);
	}

	// changed: the steps at which something was changed by hand; they are marked.
	draw(least, changed, { ink, muted }) {
		const { points } = this;
		const { context, width, height } = emptied(this.canvas);
		const last = points.at(-1)?.step || 1;
		const later = points.filter(({ step }) => step >= BEGINNING * last);
		const highest = Math.max(1e-9, least ?? 0, ...later.map(({ loss }) => loss));
		const down = (loss) => EDGE_WIDTH + (1 - Math.min(1, loss / highest)) * (height - 2 * EDGE_WIDTH);
		const toPlace = (step, loss) => [(step / last) * width, down(loss)];
		drawLine(context, [toPlace(0, 0), toPlace(last, 0)], muted, 1);
		if (least !== null) drawLine(context, [toPlace(0, least), toPlace(last, least)], muted, 1.5, [4, 3]);
		for (const step of changed) drawLine(context, [toPlace(step, 0), toPlace(step, MARK * highest)], ink, 1);
		drawLine(context, points.map(({ step, loss }) => toPlace(step, loss)), ink, 2);
		Object.assign(context, { textAlign: "left", textBaseline: "top", fillStyle: muted });
		context.fillText(words("top: {}", inShort(highest)), AFTER_THE_FALL * width, 0);
		if (least === null) return;
		const below = down(least) + LABEL_GAP; // there is no loss there
		Object.assign(context, { textAlign: "right", textBaseline: "top", fillStyle: muted });
		const text = words("floor, evenly spaced: {}", least.toFixed(3));
		const line = 1.2 * textSize();
		context.fillText(text, width, below < height - line ? below : line);
	}
}
