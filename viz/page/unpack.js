"use strict";

// The packed numbers of pack.py, back into typed arrays.

const SPLITS = ["train", "test"];
const ABOUT = JSON.parse(document.getElementById("about").textContent);

async function unpacked(id) {
	const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (letter) => letter.charCodeAt(0));
	const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
	const buffer = await new Response(stream).arrayBuffer();
	let place = 0;
	return (Type, count) => new Type(buffer.slice(place, (place += count * Type.BYTES_PER_ELEMENT)));
}

// rows x count whole numbers from their differences; modulo `modulus` if there is one.
function takeSteps(take, rows, count, modulus) {
	const low = take(Uint8Array, rows * count);
	const high = take(Uint8Array, rows * count);
	const steps = new Int16Array(rows * count);
	for (let i = 0; i < steps.length; i++) {
		const folded = low[i] | (high[i] << 8);
		const sum = (i < count ? 0 : steps[i - count]) + (folded & 1 ? -(folded + 1) / 2 : folded / 2);
		steps[i] = modulus ? (sum + modulus) % modulus : sum;
	}
	return steps;
}

// The points of one split: x and y (feature units) and predictions, all snapshots after each other.
function takeSplit(take, run, { labels, numbers }, longest) {
	const [rows, count] = [run.epochs.length, labels.length];
	const angles = takeSteps(take, rows, count, 4096);
	const lengths = takeSteps(take, rows, count, 0);
	const predictions = take(Uint8Array, rows * count);
	const x = new Float32Array(rows * count);
	const y = new Float32Array(rows * count);
	for (let i = 0; i < x.length; i++) {
		const length = (lengths[i] * longest[Math.floor(i / count)]) / 4095;
		x[i] = length * Math.cos((angles[i] * TURN) / 4096);
		y[i] = length * Math.sin((angles[i] * TURN) / 4096);
		predictions[i] += i < count ? labels[i] : predictions[i - count];
	}
	const bins = ABOUT.histogram.widest / ABOUT.histogram.bin + 1;
	return { x, y, predictions, labels, numbers, count, bins, counts: take(Uint16Array, rows * run.classes.length * bins) };
}

async function readRun(run, number) {
	const take = await unpacked(`run-${number}`);
	for (const split of SPLITS) run[split] = takeSplit(take, run, ABOUT.sets[run.set][split], run.longest[split]);
	run.weights = take(Float32Array, run.epochs.length * run.classes.length * 2);
	return run;
}

// The digits of a set of images: two pixels a byte, the left one in the high half.
async function readDigits(set, number) {
	const take = await unpacked(`set-${number}`);
	for (const split of SPLITS) set[split].digits = take(Uint8Array, 392 * set[split].labels.length);
}

// Grey values 0 to 255 of one image, 784 of them.
function digit({ digits }, index) {
	return Uint8Array.from({ length: 784 }, (_, i) => 17 * ((digits[392 * index + (i >> 1)] >> (i & 1 ? 0 : 4)) & 15));
}
