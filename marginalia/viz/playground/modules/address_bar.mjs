// The address of the page, which is written a moment after the last change, since browsers allow only so many.

const DELAY_OF_ADDRESS = 400; // milliseconds

export class AddressBar {
	timer = null;

	// addressOf(): what is to be written.
	constructor(addressOf) {
		this.addressOf = addressOf;
	}

	note() {
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.write(), DELAY_OF_ADDRESS);
	}

	write() {
		clearTimeout(this.timer);
		history.replaceState(null, "", this.addressOf());
	}
}
