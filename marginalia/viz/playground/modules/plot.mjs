// A canvas in CSS pixels, and lines and discs on it.

// Empties the canvas and fits it to its place on the page.
export function emptied(canvas) {
	const ratio = devicePixelRatio || 1;
	const [width, height] = [canvas.clientWidth, canvas.clientHeight];
	Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
	const context = canvas.getContext("2d");
	context.setTransform(ratio, 0, 0, ratio, 0, 0);
	context.font = `${textSize()}px system-ui`;
	return { context, width, height };
}

// Pixels; it follows the size of the window, as the rest of the page does.
export function textSize() {
	return 0.84 * parseFloat(getComputedStyle(document.documentElement).fontSize);
}

export function drawLine(context, places, strokeStyle, lineWidth, dash = []) {
	Object.assign(context, { strokeStyle, lineWidth });
	context.setLineDash(dash);
	context.beginPath();
	for (const place of places) context.lineTo(...place);
	context.stroke();
	context.setLineDash([]);
}

export function drawCircle(context, [x, y], radius, { fillStyle = null, strokeStyle = null, lineWidth = 1 }) {
	context.beginPath();
	context.arc(x, y, radius, 0, 2 * Math.PI);
	Object.assign(context, { lineWidth });
	if (fillStyle) Object.assign(context, { fillStyle }).fill();
	if (strokeStyle) Object.assign(context, { strokeStyle }).stroke();
}

// Many discs in one go, which is much faster than one by one.
export function fillDiscs(context, places, radius, fillStyle) {
	context.beginPath();
	for (const [x, y] of places) {
		context.moveTo(x + radius, y);
		context.arc(x, y, radius, 0, 2 * Math.PI);
	}
	Object.assign(context, { fillStyle }).fill();
}

export function drawCrosses(context, places, reach, strokeStyle) {
	context.beginPath();
	for (const [x, y] of places) {
		for (const side of [-reach, reach]) {
			context.moveTo(x - reach, y - side);
			context.lineTo(x + reach, y + side);
		}
	}
	Object.assign(context, { strokeStyle, lineWidth: 1.2 }).stroke();
}

// A text on a box of the background, so that it can be read on anything.
export function drawLabel(context, text, [x, y], { ink, background }) {
	const [half, height] = [context.measureText(text).width / 2 + 3, 1.2 * textSize()];
	context.fillStyle = `${background}cc`;
	context.fillRect(x - half, y - height / 2, 2 * half, height);
	context.fillStyle = ink;
	context.fillText(text, x, y);
}
