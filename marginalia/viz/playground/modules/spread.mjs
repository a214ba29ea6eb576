// Directions that keep a distance from each other.

const ROUNDS = 60;

// angles: radians. Returns them, moved as little as need be so that neighbours are `least` apart, as far as they fit.
export function spread(angles, least) {
	const order = [...angles.keys()].sort((a, b) => angles[a] - angles[b]);
	const moved = [...angles];
	const gap = Math.min(least, (2 * Math.PI) / angles.length);
	for (let round = 0; round < ROUNDS; round++) {
		order.forEach((one, i) => {
			const next = order[(i + 1) % order.length];
			const turn = i + 1 < order.length ? 0 : 2 * Math.PI;
			const lack = gap - (moved[next] + turn - moved[one]);
			if (lack <= 1e-6 || one === next) return;
			moved[one] -= lack / 2;
			moved[next] += lack / 2;
		});
	}
	return moved;
}
