// How dark the rings around errors are, as in viz/scatter.py.

// Paler where they crowd, and where there are many. places: (K, 2).
export function ringOpacity(places, diameter, { darkestRing, fewRings }) {
	if (places.length === 0) return darkestRing;
	const cells = places.map(([x, y]) => `${Math.round(x / diameter)},${Math.round(y / diameter)}`);
	const crowds = {};
	for (const cell of cells) crowds[cell] = (crowds[cell] ?? 0) + 1;
	return (darkestRing * Math.min(1, fewRings / places.length)) / median(cells.map((cell) => crowds[cell]));
}

function median(values) {
	const sorted = [...values].sort((a, b) => a - b);
	const half = sorted.length >> 1;
	return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
