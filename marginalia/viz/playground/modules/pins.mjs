// Class weights whose directions are held by hand while the rest goes on learning.

const SHORTEST = 1e-3;

export class Pins {
	angles = new Map(); // radians by class
	lengths = new Map(); // by class, before the first hold since the last step

	// weights: (C, 2), which are changed.
	constructor(weights) {
		this.weights = weights;
	}

	// degrees: null lets the weight go. Of several holds between two steps only the last counts, to the last bit: a
	// timeline keeps no other.
	hold(label, degrees) {
		if (degrees === null) return this.angles.delete(label);
		const [x, y] = this.weights.subarray(2 * label);
		if (!this.lengths.has(label)) this.lengths.set(label, Math.hypot(x, y));
		this.angles.set(label, (degrees * Math.PI) / 180);
		this.point(label, this.lengths.get(label));
	}

	// Turns what a step has turned away; what it did to the length stays.
	keep() {
		this.lengths.clear();
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
