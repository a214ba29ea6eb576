// One training as one sees it: its space, and a caption that chooses it for the controls.

import { inPercent, inThousandths } from "./figures.mjs";
import { formulaOf, inShort } from "./formula.mjs";
import { Grip } from "./grip.mjs";
import { Space } from "./space.mjs";
import { targetAngles } from "./target_angles.mjs";
import { words } from "./words.mjs";

export class Pane {
	lines = []; // what the caption says

	// figure: the element with the canvas and the caption. lobes: their scale. speech: what is said of the keys.
	// on: what comes of the pointer and the keys, { look(index, step), hold(label, degrees), pick(), redraw() },
	// weightOf(label): { degrees, isHeld }, and isLive(): is it a training?
	constructor(figure, lobes, speech, on) {
		Object.assign(this, { figure, speech, on, caption: figure.querySelector("button") });
		this.space = new Space(figure.querySelector("canvas"), lobes);
		const hold = (label, degrees) => this.hold(label, degrees);
		this.grip = new Grip(this.space, { ...on, hold, choose: (label) => this.choose(label) });
		this.caption.addEventListener("click", on.pick);
	}

	hold(label, degrees) {
		this.on.hold(label, degrees);
		const name = this.space.names[label];
		const said = degrees === null ? words("The weight of {} is free.", name) : words("The weight of {} is held.", name);
		this.speech.say(said);
	}

	choose(label) {
		this.on.redraw();
		if (label < 0) return;
		const name = this.space.names[label];
		this.speech.say(words("The weight of {}. Left and right turn it, Enter holds or frees it.", name));
	}

	// state: what the worker reports of it, or a snapshot of a record. title: of what it is.
	draw(state, labels, theme, { pointed, title, isPicked }) {
		this.space.draw(state, labels, theme, { pointed, chosen: this.grip.chosen });
		const right = inPercent(state.accuracy);
		const isRecord = state.epoch !== undefined;
		const angles = targetAngles(state.features, labels.subarray(0, state.predictions.length), state.weights);
		const mean = ((angles.reduce((sum, angle) => sum + angle, 0) / angles.length) * 180) / Math.PI;
		const numbers = isRecord
			? words("epoch {}, {} right, mean angle {}°", inShort(state.epoch), right, mean.toFixed(1))
			: words("{} right, loss {}, mean angle {}°", right, inThousandths(state.loss), mean.toFixed(1));
		this.lines = [`${title}: ${formulaOf(state.spec).own}`, numbers];
		this.caption.innerText = this.lines.join("\n");
		this.caption.ariaPressed = isPicked;
		this.caption.disabled = isRecord;
	}
}
