// How far the digits stand from the lines of their classes: held-out ones filled, trained ones as an outline.

import { drawLine, emptied } from "./plot.mjs";
import { BIN } from "./target_angles.mjs";
import { words } from "./words.mjs";

const TOP = 4;
const BELOW = 18;
const HALF_SECTORS = 3; // the picture ends there; what is farther away stands in the last bin

export class AngleHistogram {
	constructor(canvas) {
		this.canvas = canvas;
	}

	// trained, heldOut: shares in bins of `BIN` degrees, or undefined.
	draw(trained, heldOut, classes, { ink, muted }) {
		const { context, width, height } = emptied(this.canvas);
		const half = 180 / classes;
		const bins = Math.min(180 / BIN, Math.ceil((HALF_SECTORS * half) / BIN));
		const floor = height - BELOW;
		const heights = [trained, heldOut].map((shares) => shares && gathered(shares, bins));
		const highest = Math.max(...heights.flatMap((shares) => shares ?? [1]));
		const place = (bin, share) => [(bin * width) / bins, floor - (share / highest) * (floor - TOP - 2)];
		const steps = (shares) => shares.flatMap((share, bin) => [place(bin, share), place(bin + 1, share)]);
		const [trainedShares, heldOutShares] = heights;
		if (heldOutShares) {
			Object.assign(context, { fillStyle: muted, globalAlpha: 0.45 }).beginPath();
			for (const spot of [place(0, 0), ...steps(heldOutShares), place(bins, 0)]) context.lineTo(...spot);
			context.fill();
			context.globalAlpha = 1;
			drawLine(context, [place(0, 0), ...steps(trainedShares)], ink, 1.5);
		}
		drawLine(context, [place(0, 0), place(bins, 0)], muted, 1);
		drawLine(context, [place(half / BIN, 0), place(half / BIN, highest)], ink, 1, [3, 3]);
		Object.assign(context, { textBaseline: "middle", fillStyle: muted, textAlign: "left" });
		context.fillText("0°", 0, height - 8);
		context.textAlign = "right";
		context.fillText(bins * BIN < 180 ? words("{}° or more", bins * BIN) : "180°", width, height - 8);
		Object.assign(context, { textAlign: "center", fillStyle: ink });
		context.fillText(words("{}°: halfway", Math.round(half)), Math.max(36, place(half / BIN, 0)[0]), height - 8);
	}
}

// The first bins; the last of them has what lies beyond, too.
function gathered(shares, bins) {
	const first = [...shares.slice(0, bins)];
	first[bins - 1] += shares.slice(bins).reduce((sum, share) => sum + share, 0);
	return first;
}
