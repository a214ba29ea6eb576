// Where in training the page is: a position among the epochs of all runs, moved by the slider, by keys or by itself.

const SECONDS_A_SNAPSHOT = 0.6;
const EASE = 0.08;
const ARRIVED = 0.004;
const LONGEST_FRAME = 0.1;
const EPOCHS = ABOUT.epochs;
const LAST = EPOCHS.length - 1;
const still = matchMedia("(prefers-reduced-motion: reduce)");

// goal: where it moves to, or null. Where stillness is wanted, nothing is shown between two snapshots.
class Clock {
	position = LAST;
	goal = null;
	playing = false;
	speed = 1;

	get resting() {
		return !this.playing && this.goal === null;
	}

	get shown() {
		return still.matches ? Math.floor(this.position) : this.position;
	}

	go(position, smoothly = !still.matches) {
		this.playing = false;
		this.goal = Math.min(Math.max(position, 0), LAST);
		if (!smoothly) this.hold(this.goal);
	}

	step(by) {
		this.go(Math.round(this.goal ?? this.position) + by);
	}

	hold(position) {
		Object.assign(this, { position, goal: null, playing: false });
	}

	play() {
		if (this.playing) this.go(Math.ceil(this.position));
		else Object.assign(this, { position: this.position < LAST ? this.position : 0, goal: null, playing: true });
	}

	tick(elapsed) {
		const seconds = Math.min(elapsed, LONGEST_FRAME);
		if (this.playing) {
			this.position += (seconds * this.speed) / SECONDS_A_SNAPSHOT;
			if (this.position >= LAST) this.hold(LAST);
		} else {
			this.position = between(this.goal, this.position, Math.exp(-seconds / EASE));
			if (Math.abs(this.goal - this.position) < ARRIVED) this.hold(this.goal);
		}
	}
}

// The run's snapshots around a position, and how far it is between them; a run that is over stays at its last.
function momentOf({ rows }, position) {
	const index = Math.floor(position);
	const [before, after] = [rows[index], rows[Math.min(index + 1, LAST)]];
	return { before, after, share: before === after ? 0 : position - index };
}
