// Which directions belong to which class, as in viz/regions.py; here too, so that sectors move between two snapshots.

const GRID = 720;
const HALVINGS = 40;

function psi(theta, spec) {
	const bent = spec.m1 * theta + spec.m2;
	const k = Math.floor(bent / Math.PI);
	return (1 - 2 * (k % 2)) * Math.cos(bent) - 2 * k - spec.m3;
}

// The class with the largest logit in a direction; with `margin`, -1 where it would not win with its margin.
function owner(weights, spec, margin, angle) {
	const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
	let label = 0;
	let first = -Infinity;
	let second = -Infinity;
	for (let j = 0; j < weights.length; j++) {
		const logit = weights[j][0] * cos + weights[j][1] * sin;
		if (logit > first) [label, second, first] = [j, first, logit];
		else if (logit > second) second = logit;
	}
	if (!margin) return label;
	return Math.hypot(...weights[label]) * psi(Math.abs(toward(angle, direction(weights[label]))), spec) >= second ? label : -1;
}

// Arcs { start, width, label } that fill the circle. Boundaries are bracketed by a grid of half a degree and the class
// directions, and halved until they are exact; an arc narrower than that and off its direction would be missed.
function arcs(classWeights, spec, margin) {
	const weights = effective(classWeights, spec);
	const who = (angle) => owner(weights, spec, margin, angle);
	const angles = weights.map((w) => turned(direction(w)));
	for (let i = 0; i < GRID; i++) angles.push((i * TURN) / GRID);
	angles.sort((a, b) => a - b);
	const owners = angles.map(who);
	const found = [];
	owners.forEach((label, i) => {
		const next = (i + 1) % owners.length;
		if (label === owners[next]) return;
		let [low, high] = [angles[i], angles[next] + (next ? 0 : TURN)];
		for (let halving = 0; halving < HALVINGS; halving++) {
			const middle = (low + high) / 2;
			if (who(middle) === label) low = middle;
			else high = middle;
		}
		found.push({ start: turned(high), label: owners[next] });
	});
	if (!found.length) return [{ start: 0, width: TURN, label: owners[0] }];
	return found.map((arc, i) => ({ ...arc, width: turned(found[(i + 1) % found.length].start - arc.start) }));
}

// Where each class weight is the nearest within a square of side 2 reach: a convex polygon a class.
function cells(weights, reach) {
	return weights.map(([x, y], label) => {
		let corners = [[-reach, -reach], [reach, -reach], [reach, reach], [-reach, reach]];
		weights.forEach(([x2, y2], other) => {
			if (other !== label) corners = clipped(corners, x2 - x, y2 - y, (x2 * x2 + y2 * y2 - x * x - y * y) / 2);
		});
		return corners;
	});
}

// The part of a convex polygon where nx x + ny y <= bound.
function clipped(corners, nx, ny, bound) {
	const height = corners.map(([x, y]) => x * nx + y * ny - bound);
	return corners.flatMap((corner, i) => {
		const before = (i || corners.length) - 1;
		const kept = height[i] <= 0 ? [corner] : [];
		if (height[before] * height[i] >= 0) return kept;
		const share = height[before] / (height[before] - height[i]);
		return [corner.map((value, axis) => between(corners[before][axis], value, share)), ...kept];
	});
}
