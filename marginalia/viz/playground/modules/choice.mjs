// Some classes of the digits, numbered anew.

const PIXELS = 784;

// digits: { pixels: bytes (N, 784), labels: (N,) }. Returns those of `classes`; a label is then a place in `classes`.
export function withClasses({ pixels, labels }, classes) {
	const kept = [...labels.keys()].filter((i) => classes.includes(labels[i]));
	const chosen = new Uint8Array(kept.length * PIXELS);
	kept.forEach((from, to) => chosen.set(pixels.subarray(from * PIXELS, (from + 1) * PIXELS), to * PIXELS));
	return { pixels: chosen, labels: Uint8Array.from(kept, (i) => classes.indexOf(labels[i])) };
}
