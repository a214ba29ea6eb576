// psi(theta) beside cos(theta) on a canvas: what the margin takes from the own class at every angle.

import { psi } from "./margin.mjs";
import { drawLine, emptied } from "./plot.mjs";

const SAMPLES = 180;
const EDGE = { left: 42, right: 8, top: 10, bottom: 22 };
const NAMED = { cos: 2.4, psi: 1.9, both: 1.3 }; // the angles where the curves carry their names

export class Curve {
	constructor(canvas) {
		this.canvas = canvas;
	}

	// theta: the angle of a digit to its class in radians, or null.
	draw(spec, { ink, muted }, theta = null) {
		Object.assign(this, emptied(this.canvas));
		const lowest = Math.min(-1, psi(Math.PI, spec));
		this.toPlace = (angle, value) => [
			EDGE.left + (angle / Math.PI) * (this.width - EDGE.left - EDGE.right),
			EDGE.top + ((1 - value) / (1 - lowest)) * (this.height - EDGE.top - EDGE.bottom),
		];
		this.context.textBaseline = "middle";
		this.drawAxes(lowest, muted);
		this.drawGraph(Math.cos, muted, 1.5);
		this.drawGraph((angle) => psi(angle, spec), ink, 2.5);
		this.drawNames(spec, ink, muted);
		if (theta !== null) this.drawAngle(theta, spec, ink);
	}

	drawAxes(lowest, muted) {
		const { context } = this;
		context.fillStyle = muted;
		context.textAlign = "right";
		for (const value of [1, 0, lowest]) {
			const [left, top] = this.toPlace(0, value);
			context.fillText(Number(value.toFixed(1)).toString().replace("-", "−"), left - 5, top);
		}
		for (const [degrees, align] of [[0, "left"], [90, "center"], [180, "right"]]) {
			context.textAlign = align;
			context.fillText(`${degrees}°`, this.toPlace((degrees * Math.PI) / 180, 0)[0], this.height - 8);
		}
		drawLine(context, [this.toPlace(0, 0), this.toPlace(Math.PI, 0)], muted, 0.5);
	}

	drawGraph(value, color, width) {
		const angles = Array.from({ length: SAMPLES + 1 }, (_, i) => (i * Math.PI) / SAMPLES);
		drawLine(this.context, angles.map((angle) => this.toPlace(angle, value(angle))), color, width);
	}

	// Each name stands beside its graph, outside the room between the two.
	drawNames(spec, ink, muted) {
		const { context } = this;
		const isPlain = spec.m1 === 1 && !spec.m2 && !spec.m3;
		const where = isPlain ? NAMED.both : NAMED.cos;
		const above = this.toPlace(where, Math.cos(where));
		Object.assign(context, { textAlign: "left", fillStyle: muted });
		context.fillText(isPlain ? "ψ(θ) = cos θ" : "cos θ", above[0] + 4, above[1] - 10);
		if (isPlain) return;
		const below = this.toPlace(NAMED.psi, psi(NAMED.psi, spec));
		Object.assign(context, { textAlign: "right", fillStyle: ink });
		context.fillText("ψ(θ)", below[0] - 8, below[1] + 6);
	}

	drawAngle(theta, spec, ink) {
		const { context } = this;
		const ends = [this.toPlace(theta, 1), this.toPlace(theta, Math.min(-1, psi(Math.PI, spec)))];
		drawLine(context, ends, ink, 1, [3, 3]);
		context.fillStyle = ink;
		for (const value of [Math.cos(theta), psi(theta, spec)]) {
			context.beginPath();
			context.arc(...this.toPlace(theta, value), 4, 0, 2 * Math.PI);
			context.fill();
		}
	}
}
