// What the network sees of a digit: how strong its edges are in eight directions, in 4 x 4 cells of 7 x 7 pixels.
// Source: Dalal and Triggs, Histograms of Oriented Gradients, CVPR 2005, without overlapping blocks.

const SIDE = 28;
const CELLS = 4;
const DIRECTIONS = 8;
const CELL = SIDE / CELLS;

export const FEATURES = DIRECTIONS * CELLS * CELLS;

// pixels: 784 numbers from 0 to 255. Writes 128 numbers, whose squares sum to 1, from `at` on.
export function describe(pixels, out, at) {
	out.fill(0, at, at + FEATURES);
	for (let row = 0; row < SIDE; row++) {
		for (let column = 0; column < SIDE; column++) {
			const dx = pixel(pixels, row, column + 1) - pixel(pixels, row, column - 1);
			const dy = pixel(pixels, row + 1, column) - pixel(pixels, row - 1, column);
			if (dx || dy) addEdge(row, column, Math.hypot(dx, dy), Math.atan2(dy, dx), out, at);
		}
	}
	let squares = 1e-9;
	for (let i = at; i < at + FEATURES; i++) squares += out[i] * out[i];
	const scale = 1 / Math.sqrt(squares);
	for (let i = at; i < at + FEATURES; i++) out[i] *= scale;
}

function pixel(pixels, row, column) {
	return row < 0 || column < 0 || row >= SIDE || column >= SIDE ? 0 : pixels[row * SIDE + column];
}

// Shares an edge between the nearest two directions and the nearest four cells.
function addEdge(row, column, strength, angle, out, at) {
	const direction = ((angle / (2 * Math.PI) + 1) % 1) * DIRECTIONS;
	const [down, across] = [(row + 0.5) / CELL - 0.5, (column + 0.5) / CELL - 0.5];
	for (const [y, vertical] of halves(down)) {
		for (const [x, horizontal] of halves(across)) {
			if (y < 0 || x < 0 || y >= CELLS || x >= CELLS) continue;
			for (const [bin, part] of halves(direction)) {
				out[at + (y * CELLS + x) * DIRECTIONS + (bin % DIRECTIONS)] += strength * vertical * horizontal * part;
			}
		}
	}
}

// The two whole numbers around a place, and how much of it each has.
function halves(place) {
	const below = Math.floor(place);
	return [[below, below + 1 - place], [below + 1, place - below]];
}
