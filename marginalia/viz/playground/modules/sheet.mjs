// What is seen, as one picture: the spaces side by side, and under each of them its loss and its numbers.

import { drawLine } from "./plot.mjs";

const SIDE_PIXELS = 440;
const LINE = 22;
const EDGE_SPACE = 10;

// panes: [{ canvas, lines }]. Returns a canvas.
export function sheetOf(panes, { ink, background }) {
	const height = SIDE_PIXELS + LINE * Math.max(...panes.map(({ lines }) => lines.length)) + 2 * EDGE_SPACE;
	const sheet = new OffscreenCanvas(SIDE_PIXELS * panes.length, height);
	const context = sheet.getContext("2d", { willReadFrequently: true });
	Object.assign(context, { fillStyle: background, imageSmoothingQuality: "high" });
	context.fillRect(0, 0, sheet.width, height);
	Object.assign(context, { fillStyle: ink, textAlign: "center", textBaseline: "middle" });
	panes.forEach(({ canvas, lines }, n) => {
		context.drawImage(canvas, n * SIDE_PIXELS, 0, SIDE_PIXELS, SIDE_PIXELS);
		lines.forEach((line, row) => {
			context.font = `${row ? "" : "bold "}16px system-ui`;
			const left = (n + 0.5) * SIDE_PIXELS;
			context.fillText(line, left, SIDE_PIXELS + EDGE_SPACE + (row + 0.5) * LINE, SIDE_PIXELS - 2 * EDGE_SPACE);
		});
		if (n) drawLine(context, [[n * SIDE_PIXELS, EDGE_SPACE], [n * SIDE_PIXELS, height - EDGE_SPACE]], ink, 0.5);
	});
	return sheet;
}
