// The margin function, as `marginalia/core/margin.py` has it.

// psi: what the loss makes of the angle to the target class, radians in [0, pi], over s |w| |x|.
//   theta' = m1 theta + m2, k = floor(theta' / pi), psi = (-1)^k cos(theta') - 2k - m3
export function psi(theta, { m1, m2, m3 }) {
	const bent = m1 * theta + m2;
	const k = Math.floor(bent / Math.PI);
	return sign(k) * Math.cos(bent) - 2 * k - m3;
}

// The derivative of psi by the angle; never above 0.
export function psiSlope(theta, { m1, m2 }) {
	const bent = m1 * theta + m2;
	return -sign(Math.floor(bent / Math.PI)) * m1 * Math.sin(bent);
}

function sign(k) {
	return k % 2 === 0 ? 1 : -1;
}
