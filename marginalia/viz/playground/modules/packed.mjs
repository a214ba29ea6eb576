// The digits that are packed into the page, and those of some classes.

export const SIDE = 28; // of a digit
const PIXELS = SIDE * SIDE;
const HELD_OUT = 2000; // the last ones
const MOST_STRANGERS = 200;

// packed: the elements with the pixels and the labels.
export async function digitsOf(packed) {
	const [pixels, labels] = await Promise.all(packed.map(unpacked));
	const cut = labels.length - HELD_OUT;
	const part = (from, to) => ({ pixels: pixels.slice(from * PIXELS, to * PIXELS), labels: labels.slice(from, to) });
	return { train: part(0, cut), heldOut: part(cut, labels.length) };
}

export async function unpacked({ textContent }) {
	const bytes = Uint8Array.from(atob(textContent), (letter) => letter.charCodeAt(0));
	const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
	return new Uint8Array(await new Response(stream).arrayBuffer());
}

// digits: { pixels: bytes (N, 784), labels: (N,) }. Returns those of `classes`; a label is then a place in `classes`.
export function withClasses({ pixels, labels }, classes, most = Infinity) {
	const kept = [...labels.keys()].filter((i) => classes.includes(labels[i])).slice(0, most);
	const chosen = new Uint8Array(kept.length * PIXELS);
	kept.forEach((from, to) => chosen.set(pixels.subarray(from * PIXELS, (from + 1) * PIXELS), to * PIXELS));
	return { pixels: chosen, labels: Uint8Array.from(kept, (i) => classes.indexOf(labels[i])) };
}

// Some digits of all other classes; none where there are no classes.
export function strangersTo(classes, digits) {
	const others = [...new Set(digits.labels)].filter((label) => classes && !classes.includes(label)).sort();
	return withClasses(digits, others, MOST_STRANGERS);
}
