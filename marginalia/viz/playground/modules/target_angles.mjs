// How many digits stand at which angle to the line of their class.

export const BIN = 2; // degrees

// Features (N, 2), weights (C, 2). Returns the angle of each to the weight of its label, radians from 0 to pi.
export function targetAngles(features, labels, weights) {
	return Float64Array.from(labels, (label, i) => {
		const [x, y, u, v] = [features[2 * i], features[2 * i + 1], weights[2 * label], weights[2 * label + 1]];
		return Math.abs(Math.atan2(x * v - y * u, x * u + y * v));
	});
}

// The share of them in each bin from 0 to 180 degrees.
export function sharesOf(angles) {
	const shares = new Float32Array(180 / BIN);
	for (const angle of angles) {
		const bin = Math.floor((angle * 180) / Math.PI / BIN);
		shares[Math.min(bin, shares.length - 1)] += 1 / angles.length;
	}
	return shares;
}
