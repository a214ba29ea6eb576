// The digits that are packed into the page, and those of some classes.

export const SIDE = 28; // of a digit
const PIXELS = SIDE * SIDE;

// packed: the elements with the pixels and the labels; the last `count` digits are held out.
export async function digitsOf(packed, count) {
	const [pixels, labels] = await Promise.all(packed.map(unpacked));
	const cut = labels.length - count;
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
