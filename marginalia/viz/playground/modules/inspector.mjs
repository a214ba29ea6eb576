// The digit that one looks at: its picture, its angle, its logits and its place on psi.

import { Curve } from "./curve.mjs";
import { LogitBars, logitsOf } from "./logits.mjs";
import { SIDE } from "./packed.mjs";
import { targetAngles } from "./target_angles.mjs";
import { words } from "./words.mjs";

export class Inspector {
	index = 0;
	mine = null; // pixels of the digit that was drawn by hand

	constructor({ digit, what, logits, curve }) {
		Object.assign(this, { digit, what, bars: new LogitBars(logits), curve: new Curve(curve) });
	}

	// The number of a digit among those shown; the one drawn by hand comes after them.
	look(index) {
		this.index = index;
		this.pictured = null;
	}

	// state: what the worker reports; heldOut: pixels and labels.
	draw(state, heldOut, { names, colors }, theme) {
		const isMine = this.index >= state.predictions.length && state.drawn;
		const found = isMine ? { pixels: this.mine, label: null, ...state.drawn } : this.ofShown(state, heldOut);
		this.picture(found.pixels, theme, isMine ? "mine" : "");
		const wanted = found.label ?? found.prediction;
		const [theta] = targetAngles(found.feature, [wanted], state.weights);
		this.curve.draw(state.spec, theme, found.label === null ? null : theta);
		this.bars.draw(logitsOf(found.feature, state.weights, found.label, state.spec), found.label, names, colors, theme);
		const degrees = ((theta * 180) / Math.PI).toFixed(0);
		this.what.textContent = sentence(found, names, degrees);
	}

	ofShown({ features, predictions }, { pixels, labels }) {
		const index = Math.min(this.index, predictions.length - 1);
		return {
			pixels: pixels.subarray(index * SIDE * SIDE, (index + 1) * SIDE * SIDE), label: labels[index],
			feature: features.subarray(2 * index, 2 * index + 2), prediction: predictions[index],
		};
	}

	// The picture is made once for each digit and theme.
	picture(pixels, { ink }, whose) {
		if (this.pictured === ink + whose) return;
		this.pictured = ink + whose;
		const image = new ImageData(SIDE, SIDE);
		const shades = [1, 3, 5].map((at) => parseInt(ink.slice(at, at + 2), 16));
		pixels.forEach((grey, i) => image.data.set([...shades, grey], 4 * i));
		this.digit.getContext("2d").putImageData(image, 0, 0);
	}
}

function sentence({ label, prediction }, names, degrees) {
	const taken = names[prediction];
	if (label === null) return words("Your digit, predicted as {}; {}° from its line", taken, degrees);
	if (label === prediction) return words("A {}, predicted right; {}° from its line", taken, degrees);
	return words("A {}, predicted as {}; {}° from its line", names[label], taken, degrees);
}
