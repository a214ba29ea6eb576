// Small numbers among the points, on a pale ground of their own.

import { fillPath, roundedBox } from "./shapes.mjs";
import { theme } from "./theme.mjs";

const SIZE = 0.0225;
const LEAST_SIZE = 11.5;
const TOUCHING = 1;

// labels: [text, [x, y]], the most important first; one that would cover another before it is left out.
export function drawLabels({ marks, side }, labels, color) {
	const size = Math.max(LEAST_SIZE, SIZE * side);
	Object.assign(marks, { font: `${size}px system-ui`, textAlign: "center", textBaseline: "middle" });
	const drawn = [];
	for (const [text, [x, y]] of labels) {
		const half = marks.measureText(text).width / 2;
		if (drawn.some((other) => covers(other, { x, y, half }, size))) continue;
		drawn.push({ x, y, half });
		const ground = roundedBox(x - half - 0.15 * size, y - 0.6 * size, 2 * half + 0.3 * size, 1.2 * size, 0.25 * size);
		fillPath(marks, ground, `${theme().background}bf`);
		marks.fillStyle = color;
		marks.fillText(text, x, y + 0.06 * size);
	}
}

function covers(one, other, size) {
	return Math.abs(one.x - other.x) < one.half + other.half - TOUCHING && Math.abs(one.y - other.y) < size;
}
