// Zooming and moving a pane by hand: wheel, drag, two fingers, buttons.

import { WHOLE } from "./zoom.mjs";

const BUTTON_FACTOR = 1.5;
const WHEEL_RATE = 0.01;
const WHEEL_STEP = 60;
const DRAG_BEGINS = 4;

export function listenToZoom(app, pane) {
	listenToButtons(app, pane);
	listenToWheel(app, pane);
	listenToDrag(app, pane);
	listenToTouch(app, pane);
}

function listenToButtons(app, pane) {
	const on = (name, act) => pane.part(name).addEventListener("click", () => {
		act();
		app.repaint();
	});
	on("zoom-in", () => pane.zoomBy(BUTTON_FACTOR, zoomCentre(app, pane)));
	on("zoom-out", () => pane.zoomBy(1 / BUTTON_FACTOR, zoomCentre(app, pane)));
	on("zoom-reset", () => pane.setZoom(WHOLE));
}

// Zooms every pane about the image looked at, else about the middle of its window.
export function zoomAll(app, direction) {
	for (const pane of app.panes) pane.zoomBy(BUTTON_FACTOR ** direction, zoomCentre(app, pane));
}

export function resetZoom(app) {
	for (const pane of app.panes) pane.setZoom(WHOLE);
}

function zoomCentre(app, pane) {
	const index = pane.indexOf(app.view.focus);
	return index < 0 ? [pane.zoom.x, pane.zoom.y] : pane.seen.map((axis) => axis[index]);
}

// With Ctrl, as on maps and as a touchpad tells a pinch; without it the page scrolls.
function listenToWheel(app, pane) {
	const zoom = (event) => {
		if (!event.ctrlKey && !event.metaKey) return;
		event.preventDefault();
		const delta = Math.max(-WHEEL_STEP, Math.min(WHEEL_STEP, event.deltaY));
		pane.zoomBy(Math.exp(-WHEEL_RATE * delta), pane.planeAt(...within(pane, event)));
		app.repaint();
	};
	pane.part("space").addEventListener("wheel", zoom, { passive: false });
}

// A drag is no click.
function listenToDrag(app, pane) {
	const space = pane.part("space");
	let start = null;
	space.addEventListener("pointerdown", (event) => {
		pane.dragged = false;
		if (event.pointerType === "mouse" && event.button === 0 && pane.zoom.scale > 1) start = within(pane, event);
	});
	addEventListener("pointermove", (event) => {
		if (!start) return;
		const here = within(pane, event);
		const far = Math.hypot(here[0] - start[0], here[1] - start[1]);
		if (!pane.dragged && far < DRAG_BEGINS) return;
		pane.dragged = true;
		pane.moveBy(start, here);
		start = here;
		app.repaint();
	});
	addEventListener("pointerup", () => (start = null));
}

// Two fingers zoom and move; one finger moves what is zoomed and else scrolls the page.
function listenToTouch(app, pane) {
	const space = pane.part("space");
	let before = [];
	const begin = ({ touches }) => (before = fingersOf(pane, touches));
	for (const name of ["touchstart", "touchend", "touchcancel"]) space.addEventListener(name, begin);
	const move = (event) => {
		const fingers = fingersOf(pane, event.touches);
		if (fingers.length !== before.length || (fingers.length < 2 && pane.zoom.scale === 1)) return;
		event.preventDefault();
		if (fingers.length === 2) pane.zoomBy(spread(fingers) / spread(before), pane.planeAt(...middleOf(before)));
		pane.moveBy(middleOf(before), middleOf(fingers));
		before = fingers;
		app.repaint();
	};
	space.addEventListener("touchmove", move, { passive: false });
}

function within(pane, { clientX, clientY }) {
	const { left, top } = pane.part("space").getBoundingClientRect();
	return [clientX - left, clientY - top];
}

function fingersOf(pane, touches) {
	return [...touches].slice(0, 2).map((touch) => within(pane, touch));
}

function middleOf(fingers) {
	return [0, 1].map((axis) => fingers.reduce((sum, finger) => sum + finger[axis], 0) / fingers.length);
}

function spread([[x1, y1], [x2, y2]]) {
	return Math.max(1, Math.hypot(x1 - x2, y1 - y2));
}
