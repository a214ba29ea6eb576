// Which directions of the plane belong to which class, and which of them satisfy the margin: on a grid of directions.

import { psi } from "./margin.mjs";

const GRID = 1440;

// Wedges { start, width, label, kept }, radians, counter-clockwise; kept: whether the class wins with its margin.
export function wedgesOf(weights, spec) {
	const classes = weights.length / 2;
	const angles = Array.from({ length: classes }, (_, j) => Math.atan2(weights[2 * j + 1], weights[2 * j]));
	const lengths = angles.map((_, j) => (spec.wNorm ? 1 : Math.hypot(weights[2 * j], weights[2 * j + 1])));
	const wedges = [];
	for (let step = 0; step < GRID; step++) {
		const angle = (2 * Math.PI * (step + 0.5)) / GRID;
		const values = angles.map((direction, j) => lengths[j] * Math.cos(angle - direction));
		const label = values.indexOf(Math.max(...values));
		const theta = Math.acos(Math.min(1, Math.max(-1, Math.cos(angle - angles[label]))));
		const others = Math.max(...values.filter((_, j) => j !== label));
		const kept = lengths[label] * psi(theta, spec) >= others;
		const last = wedges.at(-1);
		if (last && last.label === label && last.kept === kept) last.width += (2 * Math.PI) / GRID;
		else wedges.push({ start: (2 * Math.PI * step) / GRID, width: (2 * Math.PI) / GRID, label, kept });
	}
	return wedges;
}
