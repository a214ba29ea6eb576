// Where in training the page is: a place among the epochs of all runs.

const PACE = 1 / 0.6; // snapshots a second
const EASE = 0.08;
const ARRIVED = 0.004;
const LONGEST_FRAME = 0.1;
const EPOCHS = ABOUT.epochs;
const LAST = EPOCHS.length - 1;
const still = matchMedia("(prefers-reduced-motion: reduce)");

// goal: where it moves to, or null. Where stillness is wanted, only snapshots are shown.
class Clock {
	position = LAST;
	goal = null;
	playing = false;
	speed = 1;

	get resting() {
		return this.goal === null;
	}

	get shown() {
		return still.matches ? Math.floor(this.position) : this.position;
	}

	go(position, smoothly = !still.matches) {
		this.hold(this.position, Math.min(Math.max(position, 0), LAST));
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
		else this.hold(this.position < LAST ? this.position : 0, LAST, true);
	}

	tick(elapsed) {
		const seconds = Math.min(elapsed, LONGEST_FRAME);
		if (this.playing) this.position = Math.min(LAST, this.position + seconds * this.speed * PACE);
		else this.position = between(this.goal, this.position, Math.exp(-seconds / EASE));
		if (Math.abs(this.goal - this.position) < ARRIVED) this.hold(this.goal);
	}
}

// The run's snapshots around a position, and how far it is between them.
function momentOf({ rows }, position) {
	const index = Math.floor(position);
	const [before, after] = [rows[index], rows[Math.min(index + 1, LAST)]];
	return { before, after, share: before === after ? 0 : position - index };
}
