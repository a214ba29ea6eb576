// Keys.

import { elements } from "./elements.mjs";
import { resetZoom, zoomAll } from "./zooming.mjs";

export function listenToKey(app, event) {
	if (isForAnElement(event) || elements.help.open) return;
	const { target, key } = event;
	const act = shortcut(app, target === elements.time ? key.replace("Down", "Left").replace("Up", "Right") : key);
	if (!act) return;
	event.preventDefault();
	act();
	app.repaint();
}

// Whether the browser, a field that is typed in, or a control of its own uses the key.
function isForAnElement({ target, key, ctrlKey, metaKey, altKey }) {
	if (ctrlKey || metaKey || altKey) return true;
	if (target === elements.number && key !== "Escape") return true;
	if (key === " " && target.matches("button")) return true;
	return target !== elements.time && target.matches("input, select") && /^(Arrow|Home|End| )/.test(key);
}

export function shortcut(app, key) {
	const { clock, view } = app;
	if (/^\d$/.test(key) && key < elements.classes.children.length) return () => app.toggle(Number(key));
	return {
		" ": () => clock.play(),
		ArrowLeft: () => clock.step(-1),
		ArrowRight: () => clock.step(1),
		Home: () => clock.go(0),
		End: () => clock.go(clock.last),
		n: () => app.errors.step(1, view.pinned),
		p: () => app.errors.step(-1, view.pinned),
		e: () => app.showErrorsOnly(!view.errorsOnly),
		d: () => app.stepDifference(),
		t: () => elements.split.hidden || app.set({ split: view.split === "test" ? "train" : "test" }),
		a: () => app.set({ hidden: [] }),
		"+": () => zoomAll(app, 1),
		"-": () => zoomAll(app, -1),
		f: () => resetZoom(app),
		"/": () => elements.number.select(),
		"?": () => elements.help.showModal(),
		Escape: () => leave(app),
	}[key];
}

function leave(app) {
	elements.number.blur();
	app.pin(null);
}
