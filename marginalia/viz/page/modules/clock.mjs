// Where in training the page is: a place among the epochs of all runs.

import { clamp, interpolate } from "./numbers.mjs";

const SNAPSHOTS_PER_SECOND = 1 / 0.6;
const EASE_SECONDS = 0.08;
const ARRIVED = 0.004;
const LONGEST_FRAME_SECONDS = 0.1;

// goal: where it moves to, or null. isStill(): whether only snapshots are shown, none of the movement between.
export class Clock {
	goal = null;
	playing = false;
	speed = 1;

	constructor(last, isStill) {
		this.last = last;
		this.isStill = isStill;
		this.position = last;
	}

	get resting() {
		return this.goal === null;
	}

	get shown() {
		return this.isStill() ? Math.floor(this.position) : this.position;
	}

	go(position, smoothly = !this.isStill()) {
		this.hold(this.position, clamp(position, 0, this.last));
		if (!smoothly) this.hold(this.goal);
	}

	step(by) {
		this.go(Math.round(this.goal ?? this.position) + by);
	}

	hold(position, goal = null, playing = false) {
		Object.assign(this, { position, goal, playing });
	}

	play() {
		if (this.playing) this.go(Math.ceil(this.position));
		else this.hold(this.position < this.last ? this.position : 0, this.last, true);
	}

	tick(elapsed) {
		const seconds = Math.min(elapsed, LONGEST_FRAME_SECONDS);
		if (this.playing) this.position = Math.min(this.last, this.position + seconds * this.speed * SNAPSHOTS_PER_SECOND);
		else this.position = interpolate(this.goal, this.position, Math.exp(-seconds / EASE_SECONDS));
		if (Math.abs(this.goal - this.position) < ARRIVED) this.hold(this.goal);
	}
}
