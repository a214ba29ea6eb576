// The native controls.

import { elements } from "./elements.mjs";
import { listenToKey } from "./keyboard.mjs";
import { listenToPointer } from "./pointer.mjs";
import { darkScheme } from "./theme.mjs";
import { listenToZoom } from "./zooming.mjs";

export function listen(app) {
	const { clock } = app;
	const on = (name, event, act) => {
		elements[name].addEventListener(event, ({ target }) => {
			act(target);
			app.repaint();
		});
	};
	on("play", "click", () => clock.play());
	on("time", "input", ({ value }) => clock.hold(Number(value)));
	on("time", "change", ({ value }) => clock.go(Math.round(value)));
	on("speed", "change", ({ value }) => (clock.speed = Number(value)));
	on("split", "change", ({ value }) => app.set({ split: value }));
	on("only", "change", ({ checked }) => app.showErrorsOnly(checked));
	on("difference", "change", ({ value }) => app.showDifference(value === "" ? null : Number(value)));
	on("classes", "click", ({ value }) => value && app.toggle(Number(value)));
	on("close", "click", () => app.pin(null));
	on("ask", "click", () => elements.help.showModal());
	on("number", "input", ({ value }) => {
		const isThere = value === "" || app.search(Number(value));
		elements.answer.textContent = isThere ? "" : `image ${value} is not among those on this page`;
	});
	for (const pane of app.panes) {
		listenToPointer(app, pane);
		listenToZoom(app, pane);
	}
	addEventListener("keydown", (event) => listenToKey(app, event));
	addEventListener("hashchange", () => app.follow());
	addEventListener("resize", () => app.resize());
	darkScheme.addEventListener("change", () => app.repaint());
}
