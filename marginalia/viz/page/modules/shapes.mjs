// Paths, and how they are filled and drawn.

import { TURN } from "./numbers.mjs";

export function polyline(points) {
	const path = new Path2D();
	for (const point of points) path.lineTo(...point);
	return path;
}

export function disc(centre, radius) {
	const path = new Path2D();
	path.arc(...centre, radius, 0, TURN);
	return path;
}

export function roundedBox(left, top, width, height, radius) {
	const path = new Path2D();
	path.roundRect(left, top, width, height, radius);
	return path;
}

export function fillPath(context, path, color) {
	context.fillStyle = color;
	context.fill(path);
}

export function strokePath(context, path, color, width, dashes = []) {
	Object.assign(context, { strokeStyle: color, lineWidth: width });
	context.setLineDash(dashes);
	context.stroke(path);
}
