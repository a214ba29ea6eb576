// A pad on which one draws a digit, and its picture as MNIST has them: at most 20 pixels high and wide, with the centre
// of its mass in the middle of 28 x 28.

import { SIDE } from "./packed.mjs";

const INNER = 20;
const BRUSH = 0.085; // of the side of the pad

export class DrawingPad {
	// onDrawn: called with 784 numbers from 0 to 255 after each stroke, and with null when the pad is empty.
	constructor(canvas, onDrawn) {
		Object.assign(this, { canvas, onDrawn, context: canvas.getContext("2d", { willReadFrequently: true }) });
		canvas.addEventListener("pointerdown", (event) => this.begin(event));
		canvas.addEventListener("pointermove", (event) => this.go(event));
		for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => this.end());
	}

	begin(event) {
		const { canvas, context } = this;
		canvas.setPointerCapture(event.pointerId);
		Object.assign(context, { lineWidth: BRUSH * canvas.width, lineCap: "round", lineJoin: "round" });
		context.strokeStyle = getComputedStyle(canvas).color;
		this.last = this.placeOf(event);
		this.go(event);
	}

	go(event) {
		if (!this.last) return;
		const { context } = this;
		const place = this.placeOf(event);
		context.beginPath();
		context.moveTo(...this.last);
		context.lineTo(...place);
		context.stroke();
		this.last = place;
	}

	end() {
		if (!this.last) return;
		this.last = null;
		this.onDrawn(this.pixels());
	}

	clear() {
		this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
		this.onDrawn(null);
	}

	placeOf({ offsetX, offsetY }) {
		const { canvas } = this;
		return [(offsetX * canvas.width) / canvas.clientWidth, (offsetY * canvas.height) / canvas.clientHeight];
	}

	pixels() {
		const [left, top, width, height] = this.box();
		const scale = INNER / Math.max(width, height);
		const small = new OffscreenCanvas(SIDE, SIDE).getContext("2d", { willReadFrequently: true });
		small.imageSmoothingQuality = "high";
		const drawAt = (x, y) => {
			small.clearRect(0, 0, SIDE, SIDE);
			small.drawImage(this.canvas, left, top, width, height, x, y, width * scale, height * scale);
			return alphaOf(small.getImageData(0, 0, SIDE, SIDE));
		};
		const [x, y] = [(SIDE - width * scale) / 2, (SIDE - height * scale) / 2];
		const [across, down] = massOf(drawAt(x, y));
		return drawAt(x + SIDE / 2 - across, y + SIDE / 2 - down);
	}

	// [left, top, width, height] of what is drawn.
	box() {
		const { width, height } = this.canvas;
		const alpha = alphaOf(this.context.getImageData(0, 0, width, height));
		let [left, top, right, bottom] = [width, height, 0, 0];
		alpha.forEach((value, i) => {
			if (!value) return;
			const [x, y] = [i % width, Math.floor(i / width)];
			[left, right] = [Math.min(left, x), Math.max(right, x)];
			[top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
		});
		return [left, top, right - left + 1, bottom - top + 1];
	}
}

function alphaOf({ data }) {
	return Uint8Array.from({ length: data.length / 4 }, (_, i) => data[4 * i + 3]);
}

// [across, down]: the centre of mass, in pixels from the corner.
function massOf(pixels) {
	let [sum, across, down] = [0, 0, 0];
	pixels.forEach((value, i) => {
		sum += value;
		across += value * ((i % SIDE) + 0.5);
		down += value * (Math.floor(i / SIDE) + 0.5);
	});
	return [across / sum, down / sum];
}
