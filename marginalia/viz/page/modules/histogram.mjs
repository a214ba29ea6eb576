// Angles to the own class, a bar of all classes a degree; of all points, not only those shown.

import { interpolate } from "./numbers.mjs";
import { pageData } from "./page_data.mjs";

export function drawHistogram(canvas, { run, split, moment: { before, after, share } }, hidden) {
	const context = canvas.getContext("2d");
	const { width, height } = canvas;
	const { bins } = pageData;
	const { counts } = run[split];
	context.clearRect(0, 0, width, height);
	for (let bin = 0; bin < bins; bin++) {
		const left = Math.round((bin * width) / bins);
		const right = Math.round(((bin + 1) * width) / bins);
		let top = height;
		run.colors.forEach((color, label) => {
			if (hidden.includes(label)) return;
			const countAt = (row) => counts[(row * run.classes.length + label) * bins + bin];
			const tall = (interpolate(countAt(before), countAt(after), share) * height) / run.tallest[split];
			top -= tall;
			context.fillStyle = color;
			context.fillRect(left, top, right - left, tall);
		});
	}
}
