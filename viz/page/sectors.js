// Which directions belong to which class, as in viz/regions.py; here too, so that sectors move between two snapshots.
// weights: [angle, length] a class, as the logits have them: of length 1 if the loss normalises them.

const GRID = 720;
const HALVINGS = 40;

function psi(theta, { m1, m2, m3 }) {
	const bent = m1 * theta + m2;
	const k = Math.floor(bent / Math.PI);
	return (1 - 2 * (k % 2)) * Math.cos(bent) - 2 * k - m3;
}

// The class with the largest logit in a direction; with `margin`, -1 where it would not win with its margin.
function owner(weights, spec, margin, direction) {
	let [label, first, second] = [0, -Infinity, -Infinity];
	weights.forEach(([angle, length], j) => {
		const logit = length * Math.cos(direction - angle);
		if (logit > first) [label, second, first] = [j, first, logit];
		else if (logit > second) second = logit;
	});
	const [angle, length] = weights[label];
	return !margin || length * psi(apart(angle, direction), spec) >= second ? label : -1;
}

// Arcs { start, width, label } that fill the circle. Boundaries are bracketed by a grid of half a degree and the class
// directions, and halved until they are exact; an arc narrower than that and off its direction would be missed.
function arcs(weights, spec, margin) {
	const who = (direction) => owner(weights, spec, margin, direction);
	const grid = Array.from({ length: GRID }, (_, i) => (i * TURN) / GRID);
	const angles = [...grid, ...weights.map(([angle]) => turned(angle))].sort((a, b) => a - b);
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
