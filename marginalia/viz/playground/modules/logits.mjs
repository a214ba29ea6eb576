// The logits of one digit, a bar for each class.

import { psi } from "./margin.mjs";
import { drawLine, emptied, textSize } from "./plot.mjs";

const NAME = 20;
const VALUE = 56;

// s |w| |x| cos(theta) of each class, and what training makes of the one of `label`; label null: of none.
export function logitsOf([x, y], weights, label, spec) {
	const length = Math.hypot(x, y);
	const plain = [];
	let trained = null;
	for (let j = 0; j < weights.length / 2; j++) {
		const [u, v] = [weights[2 * j], weights[2 * j + 1]];
		const scale = spec.s * (spec.wNorm ? 1 : Math.hypot(u, v)) * (spec.xNorm ? 1 : length);
		const theta = Math.abs(Math.atan2(x * v - y * u, x * u + y * v));
		plain.push(scale * Math.cos(theta));
		if (j === label) trained = scale * psi(theta, spec);
	}
	return { plain, trained };
}

export class LogitBars {
	constructor(canvas) {
		this.canvas = canvas;
	}

	// In training the own class counts as far as the dashed line.
	draw({ plain, trained }, label, names, colors, { ink, muted }) {
		const { context, width, height } = emptied(this.canvas);
		const row = Math.min(22, height / plain.length);
		const largest = Math.max(1e-9, ...plain.map(Math.abs), Math.abs(trained ?? 0));
		const middle = NAME + (width - NAME - VALUE) / 2;
		const across = (value) => middle + (value / largest) * ((width - NAME - VALUE) / 2);
		const best = plain.indexOf(Math.max(...plain));
		context.textBaseline = "middle";
		plain.forEach((logit, j) => {
			const top = j * row;
			context.font = `${j === best ? "bold " : ""}${textSize()}px system-ui`;
			Object.assign(context, { fillStyle: ink, textAlign: "left" }).fillText(names[j], 2, top + row / 2);
			Object.assign(context, { textAlign: "right", fillStyle: j === best ? ink : muted });
			context.fillText(inFigures(logit), width, top + row / 2);
			context.fillStyle = colors[j];
			context.fillRect(Math.min(middle, across(logit)), top + 2, Math.abs(across(logit) - middle), row - 4);
			if (j !== label || trained === logit) return;
			drawLine(context, [[across(trained), top], [across(trained), top + row]], ink, 2, [3, 2]);
		});
		drawLine(context, [[middle, 0], [middle, row * plain.length]], muted, 1);
	}
}

function inFigures(value) {
	const size = Math.abs(value);
	if (size >= 1e5) return value.toExponential(1).replace("e+", "e").replace("-", "−");
	const figures = size < 1 ? value.toPrecision(2) : value.toFixed(size < 99.95 ? 1 : 0);
	return (Number(figures) || 0).toLocaleString("en", { maximumFractionDigits: 3 }).replace("-", "−");
}
