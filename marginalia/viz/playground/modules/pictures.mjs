// Everything that is seen of a training: the space, the digit looked at, the curves and the numbers.

import { AngleHistogram } from "./angle_histogram.mjs";
import { inPercent } from "./figures.mjs";
import { Inspector } from "./inspector.mjs";
import { lesson } from "./lesson.mjs";
import { LossHistory, leastLoss } from "./loss_history.mjs";
import { Space } from "./space.mjs";

const CALM = 1000; // milliseconds between two pictures for whom movement is too much

export class Pictures {
	isWaiting = false;

	// lobes: their scale. themes: light and dark. draw: called when it is time for a picture.
	constructor(elements, { lobes, themes }, draw) {
		Object.assign(this, { elements, themes, draw });
		this.space = new Space(elements.space, lobes);
		this.inspector = new Inspector(elements);
		this.lossHistory = new LossHistory(elements.history);
		this.angleHistogram = new AngleHistogram(elements.angles);
		this.darkScheme = matchMedia("(prefers-color-scheme: dark)");
		this.calm = matchMedia("(prefers-reduced-motion: reduce)");
	}

	get theme() {
		return this.themes[this.darkScheme.matches ? "dark" : "light"];
	}

	// Of a new training.
	clear() {
		this.space.rim = 0;
		this.lossHistory.clear();
	}

	request(isMoving) {
		if (this.isWaiting) return;
		this.isWaiting = true;
		const draw = () => {
			this.isWaiting = false;
			this.draw();
		};
		if (this.calm.matches && isMoving) setTimeout(draw, CALM);
		else requestAnimationFrame(draw);
	}

	// state: what the worker reports. heldOut: pixels and labels. spec: what the controls say. chosen: a class, or -1.
	show(state, heldOut, spec, chosen) {
		const { space, theme, inspector, elements } = this;
		const classes = space.names.length;
		inspector.draw(state, heldOut, space, theme);
		space.draw(state, heldOut.labels, theme, { pointed: inspector.index, chosen });
		this.lossHistory.draw(leastLoss(spec, classes), theme);
		this.angleHistogram.draw(state.trainedAngles, state.heldOutAngles, classes, theme);
		elements.lesson.textContent = lesson(space.wedges, classes, spec);
		elements.release.hidden = !state.pinned.length;
		elements.steps.textContent = state.steps.toLocaleString("en");
		elements.accuracy.textContent = inPercent(state.accuracy);
		elements.loss.textContent = Number.isFinite(state.loss) ? state.loss.toFixed(3) : "–";
		elements.pace.textContent = state.pace ? ` (${Math.round(state.pace / 10) * 10}/s)` : "";
	}
}
