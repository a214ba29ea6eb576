// The pointer and the keys on the space: which digit one looks at, and class weights that are turned and held by hand.

const SLIP = 4; // pixels; less is a click
const LOOK_KEYS = { ArrowUp: -1, ArrowDown: 1 };
const TURN_KEYS = { ArrowLeft: 2, ArrowRight: -2 }; // degrees, counter-clockwise

export class Grip {
	chosen = -1;

	// on: what comes of it, { look(index), or look(null, 1 or -1) for the next or the previous digit; hold(label, degrees
	// or null); choose(label) }, weightOf(label): { degrees, isHeld }, and isLive(): is it a training?
	constructor(space, on) {
		Object.assign(this, { space, on, dragged: null });
		const { canvas } = space;
		canvas.addEventListener("pointerdown", (event) => this.down(event));
		canvas.addEventListener("pointermove", (event) => this.move(event));
		canvas.addEventListener("pointerup", () => this.up());
		canvas.addEventListener("pointercancel", () => (this.dragged = null));
		canvas.addEventListener("keydown", (event) => this.key(event));
		canvas.addEventListener("blur", () => this.choose(-1));
		// A finger on a badge turns it; elsewhere it scrolls the page.
		canvas.addEventListener("touchstart", (event) => {
			const [touch] = event.touches;
			const box = canvas.getBoundingClientRect();
			if (space.badgeAt(touch.clientX - box.left, touch.clientY - box.top) >= 0) event.preventDefault();
		}, { passive: false });
	}

	down({ offsetX, offsetY, pointerId }) {
		if (!this.on.isLive()) return;
		const label = this.space.badgeAt(offsetX, offsetY);
		if (label < 0) return this.lookAt(offsetX, offsetY);
		this.space.canvas.setPointerCapture(pointerId);
		this.dragged = { label, from: [offsetX, offsetY], isMoved: false };
	}

	move({ offsetX, offsetY }) {
		if (!this.on.isLive()) return;
		const { space, dragged } = this;
		if (!dragged) {
			const isOnBadge = space.badgeAt(offsetX, offsetY) >= 0;
			space.canvas.style.cursor = isOnBadge ? "grab" : "";
			return isOnBadge ? null : this.lookAt(offsetX, offsetY);
		}
		dragged.isMoved ||= Math.hypot(offsetX - dragged.from[0], offsetY - dragged.from[1]) > SLIP;
		if (dragged.isMoved) this.hold(dragged.label, space.directionOf(offsetX, offsetY));
	}

	up() {
		if (this.dragged && !this.dragged.isMoved && this.on.isLive()) this.toggle(this.dragged.label);
		this.dragged = null;
	}

	lookAt(left, top) {
		const index = this.space.nearestDot(left, top);
		if (index >= 0) this.on.look(index);
	}

	toggle(label) {
		const { degrees, isHeld } = this.on.weightOf(label);
		if (isHeld) this.on.hold(label, null);
		else this.hold(label, degrees);
	}

	hold(label, degrees) {
		this.on.hold(label, Math.round(10 * degrees) / 10);
	}

	choose(label) {
		this.chosen = label;
		this.on.choose(label);
	}

	key(event) {
		if (!this.on.isLive()) return;
		const { chosen } = this;
		const named = this.space.names.findIndex((name) => String(name) === event.key);
		if (event.ctrlKey || event.altKey || event.metaKey) return;
		if (named >= 0) this.choose(named);
		else if (LOOK_KEYS[event.key]) this.on.look(null, LOOK_KEYS[event.key]);
		else if (event.key === "Escape") this.choose(-1);
		else if (chosen < 0) return;
		else if (TURN_KEYS[event.key]) {
			this.hold(chosen, this.on.weightOf(chosen).degrees + TURN_KEYS[event.key] * (event.shiftKey ? 5 : 1));
		} else if (event.key === "Enter" || event.key === " ") this.toggle(chosen);
		else return;
		event.preventDefault();
	}
}
