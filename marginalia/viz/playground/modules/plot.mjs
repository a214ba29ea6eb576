// A canvas in CSS pixels, and a line on it.

// Empties the canvas and fits it to its place on the page.
export function emptied(canvas) {
	const ratio = devicePixelRatio || 1;
	const [width, height] = [canvas.clientWidth, canvas.clientHeight];
	Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
	const context = canvas.getContext("2d");
	context.setTransform(ratio, 0, 0, ratio, 0, 0);
	context.font = "13px system-ui";
	return { context, width, height };
}

export function drawLine(context, places, strokeStyle, lineWidth, dash = []) {
	Object.assign(context, { strokeStyle, lineWidth });
	context.setLineDash(dash);
	context.beginPath();
	for (const place of places) context.lineTo(...place);
	context.stroke();
	context.setLineDash([]);
}
