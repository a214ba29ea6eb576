"use strict";

// The packed numbers of pack.py, back into typed arrays.

const SPLITS = ["train", "test"];
const ABOUT = JSON.parse(document.getElementById("about").textContent);

async function unpacked(id) {
	const bytes = Uint8Array.from(atob(page[id].textContent), (letter) => letter.charCodeAt(0));
	const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
	const buffer = await new Response(stream).arrayBuffer();
	let place = 0;
	return (Type, count) => new Type(buffer.slice(place, (place += count * Type.BYTES_PER_ELEMENT)));
}

// rows x count whole numbers of 12 bits from their differences.
function takeSteps(take, rows, count) {
	const low = take(Uint8Array, rows * count);
	const high = take(Uint8Array, rows * count);
	const steps = new Int16Array(rows * count);
	for (let i = 0; i < steps.length; i++) {
		const folded = low[i] | (high[i] << 8);
		steps[i] = ((steps[i - count] ?? 0) + ((folded >> 1) ^ -(folded & 1))) & 4095;
	}
	return steps;
}

// The points of one split, snapshot after snapshot; x and y in feature units.
function takeSplit(take, run, { labels, numbers }, longest) {
	const [rows, count] = [run.epochs.length, labels.length];
	const angles = takeSteps(take, rows, count);
	const lengths = takeSteps(take, rows, count);
	const predictions = take(Uint8Array, rows * count);
	const length = (i) => (lengths[i] * longest[Math.floor(i / count)]) / 4095;
	const x = Float32Array.from(angles, (angle, i) => length(i) * Math.cos((angle * TURN) / 4096));
	const y = Float32Array.from(angles, (angle, i) => length(i) * Math.sin((angle * TURN) / 4096));
	for (let i = 0; i < x.length; i++) predictions[i] += predictions[i - count] ?? labels[i];
	const counts = take(Uint16Array, rows * run.classes.length * ABOUT.bins);
	return { x, y, predictions, labels, numbers, count, counts };
}

async function readRun(run, number) {
	const take = await unpacked(`run-${number}`);
	for (const split of SPLITS) run[split] = takeSplit(take, run, ABOUT.sets[run.set][split], run.longest[split]);
	return run;
}

async function readDigits(set, number) {
	const take = await unpacked(`set-${number}`);
	for (const split of SPLITS) set[split].digits = take(Uint8Array, 392 * set[split].labels.length);
}
