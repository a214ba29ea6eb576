// Looks at the image under the mouse, and keeps the one that is clicked or touched.

import { sameImage } from "./images.mjs";

const MOUSE_REACH = 12;
const FINGER_REACH = 26;

export function listenToPointer(app, pane) {
	const space = pane.part("space");
	const imageUnder = ({ clientX, clientY, pointerType }) => {
		const { left, top } = space.getBoundingClientRect();
		const at = [clientX - left, clientY - top];
		space.title = pane.nameAt(...at);
		return pane.nearest(...at, pointerType === "mouse" ? MOUSE_REACH : FINGER_REACH);
	};
	const look = (event) => {
		pane.mouse = event;
		const hover = event && imageUnder(event);
		if (!sameImage(hover, app.view.hover)) app.set({ hover });
	};
	space.addEventListener("pointermove", (event) => event.pointerType === "mouse" && look(event));
	space.addEventListener("pointerleave", () => look(null));
	addEventListener("scroll", () => pane.mouse && look(pane.mouse));
	// A click is in whole pixels and a move in fractions: what the mouse was over is kept.
	space.addEventListener("click", (event) => {
		const { hover } = app.view;
		if (pane.dragged) return;
		if (event.pointerType === "touch") app.pin(imageUnder(event));
		else app.set({ pinned: hover ?? imageUnder(pane.mouse ?? event), hover });
	});
}
