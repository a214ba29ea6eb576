// Where the digits of each class point: lobes outside the disc, as high as the directions are dense.

import { densitiesOf, freeDirection, heightOf, standingRuns } from "../../page/modules/lobes.mjs";
import { drawCircle, drawLabel } from "./plot.mjs";

const TICK_ALPHA = 0.35;
const ASIDE = [-0.09, 0.09]; // radians, so that the labels of the circles do not touch

// badges: their directions in radians. scale: of the lobes, as the pages have it. half: half the side of the canvas,
// whose origin is the middle.
export function drawLobes(context, { features, labels, colors, badges }, theme, scale, half) {
	const outline = (density) => half * (scale.reach + scale.height * heightOf(density, scale));
	context.globalAlpha = TICK_ALPHA;
	for (const share of scale.ticks) drawCircle(context, [0, 0], outline(share), { strokeStyle: theme.muted });
	context.globalAlpha = scale.opacity;
	const count = labels.length;
	const axis = (shift) => Float32Array.from({ length: count }, (_, i) => features[2 * i + shift]);
	const densities = densitiesOf([axis(0), axis(1)], labels, colors.length, scale);
	const place = (bin, radius) => {
		const angle = ((bin + 0.5) * 2 * Math.PI) / scale.bins;
		return [radius * Math.cos(angle), -radius * Math.sin(angle)];
	};
	colors.forEach((color, label) => {
		const inner = half * scale.reach;
		context.fillStyle = color;
		for (const [start, end] of standingRuns(densities, label, scale)) {
			context.beginPath();
			for (let bin = start - 1; bin <= end; bin++) {
				const at = label * scale.bins + ((bin + scale.bins) % scale.bins);
				context.lineTo(...place(bin, outline(densities[at])));
			}
			for (let bin = end; bin >= start - 1; bin--) context.lineTo(...place(bin, inner));
			context.fill();
		}
	});
	context.globalAlpha = 1;
	const free = freeDirection(densities, colors.length, badges, scale);
	scale.ticks.forEach((share, i) => {
		const [radius, angle] = [outline(share), free + ASIDE[i]];
		drawLabel(context, `${100 * share} %`, [radius * Math.cos(angle), -radius * Math.sin(angle)], theme);
	});
}
