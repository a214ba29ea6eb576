// Class weights whose directions are held by hand while the rest goes on learning.

const SHORTEST = 1e-3;

export class Pins {
	angles = new Map(); // radians by class

	// weights: (C, 2), which are changed.
	constructor(weights) {
		this.weights = weights;
	}

	// degrees: null lets the weight go.
	hold(label, degrees) {
		if (degrees === null) return this.angles.delete(label);
		const [x, y] = this.weights.subarray(2 * label);
		this.angles.set(label, (degrees * Math.PI) / 180);
		this.point(label, Math.hypot(x, y));
	}

	// Turns what a step has turned away; what it did to the length stays.
	keep() {
		for (const [label, angle] of this.angles) {
			const [x, y] = this.weights.subarray(2 * label);
			this.point(label, Math.max(SHORTEST, x * Math.cos(angle) + y * Math.sin(angle)));
		}
	}

	point(label, length) {
		const angle = this.angles.get(label);
		this.weights.set([length * Math.cos(angle), length * Math.sin(angle)], 2 * label);
	}
}
