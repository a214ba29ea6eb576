// What a screen reader says: what was done by the keys, and now and then how far the training is.

const QUIET = 15000; // milliseconds between two reports

export class Speech {
	saidAt = 0;

	// element: a live region.
	constructor(element) {
		this.element = element;
	}

	say(text) {
		this.element.textContent = text;
		this.saidAt = performance.now();
	}

	// The next report comes at once.
	wake() {
		this.saidAt = -Infinity;
	}

	report(text) {
		if (performance.now() - this.saidAt > QUIET) this.say(text);
	}
}
