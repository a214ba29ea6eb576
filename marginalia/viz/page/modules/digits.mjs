// Draws an image, its greys as the opacity of the ink.

import { createElement } from "./elements.mjs";
import { greysOf } from "./packing.mjs";
import { theme } from "./theme.mjs";

const SIDE = 28;

export function drawDigit({ digits }, index, canvas = createElement("canvas", { width: SIDE, height: SIDE })) {
	const image = new ImageData(SIDE, SIDE);
	const pixels = new Uint32Array(image.data.buffer);
	const { inkPixel } = theme();
	greysOf(digits, index).forEach((grey, i) => (pixels[i] = inkPixel | (grey << 24)));
	canvas.getContext("2d").putImageData(image, 0, 0);
	return canvas;
}
