// The packed bytes of pack.py, back into typed arrays.

import { TURN } from "./numbers.mjs";

export const SPLITS = ["train", "test"];
const STEPS = 4096;
const DIGIT_SIDE = 28;
const DIGIT_PIXELS = DIGIT_SIDE * DIGIT_SIDE;
const GREYS = 15;

// Returns take(Type, count), which reads the next numbers of the buffer.
export function readerOf(buffer) {
	let place = 0;
	return (Type, count) => {
		const start = place;
		place += count * Type.BYTES_PER_ELEMENT;
		return new Type(buffer.slice(start, place));
	};
}

// rows x count whole numbers of 12 bits from their differences.
export function takeSteps(take, rows, count) {
	const low = take(Uint8Array, rows * count);
	const high = take(Uint8Array, rows * count);
	const steps = new Int16Array(rows * count);
	for (let i = 0; i < steps.length; i++) {
		const folded = low[i] | (high[i] << 8);
		const change = (folded >> 1) ^ -(folded & 1);
		steps[i] = ((steps[i - count] ?? 0) + change) & (STEPS - 1);
	}
	return steps;
}

// The points of one split, snapshot after snapshot; x and y in feature units. longest: of each snapshot.
export function takeSplit(take, run, { labels, numbers }, longest, bins) {
	const rows = run.epochs.length;
	const count = labels.length;
	const angles = takeSteps(take, rows, count);
	const lengths = takeSteps(take, rows, count);
	const predictions = take(Uint8Array, rows * count);
	const x = new Float32Array(rows * count);
	const y = new Float32Array(rows * count);
	for (let i = 0; i < x.length; i++) {
		const length = (lengths[i] * longest[Math.floor(i / count)]) / (STEPS - 1);
		const angle = (angles[i] * TURN) / STEPS;
		x[i] = length * Math.cos(angle);
		y[i] = length * Math.sin(angle);
		predictions[i] += predictions[i - count] ?? labels[i];
	}
	const counts = take(Uint16Array, rows * run.classes.length * bins);
	return { x, y, predictions, labels, numbers, count, counts };
}

// The images of one split, two pixels a byte.
export function takeDigits(take, count) {
	return take(Uint8Array, (DIGIT_PIXELS / 2) * count);
}

// The greys of one image, 0 to 255; the left one of two pixels is the high half of the byte.
export function greysOf(digits, index) {
	const greys = new Uint8Array(DIGIT_PIXELS);
	for (let i = 0; i < DIGIT_PIXELS; i++) {
		const pair = digits[(DIGIT_PIXELS / 2) * index + (i >> 1)];
		greys[i] = (255 / GREYS) * ((i & 1 ? pair : pair >> 4) & GREYS);
	}
	return greys;
}
