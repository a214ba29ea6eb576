// What was changed at which step, so that the same training can be repeated.
//
// A change { step, name, value } comes after so many steps. name: the id of a control, or pin0, pin1, …, whose value
// is the angle in degrees at which the weight of that class is held, or null where it is let go.

const PARTS = "_";
const CHANGES = "*";
const TEXT = /^(\d{1,9})_([a-z]+[\w-]*)_(-?\d+(?:\.\d+)?|)$/;

export class Timeline {
	next = 0;

	// changes: in the order of their steps.
	constructor(changes = []) {
		this.changes = [...changes];
	}

	// Those that come after `steps` steps or before, each of them once.
	due(steps) {
		const first = this.next;
		while (this.changes[this.next]?.step <= steps) this.next++;
		return this.changes.slice(first, this.next);
	}

	// A change by hand; what was to come later does not come any more. A weight that is let go stays where it was held.
	add(change) {
		this.changes.length = this.next;
		const last = this.changes.at(-1);
		if (change.value !== null && last?.step === change.step && last.name === change.name) this.changes.pop();
		this.changes.push(change);
		this.next = this.changes.length;
	}
}

// As it stands in an address, without a sign that would have to be escaped: 120_m2_0.3*400_pin3_90*500_pin3_
export function changesInText(changes) {
	return changes.map(({ step, name, value }) => [step, name, value ?? ""].join(PARTS)).join(CHANGES);
}

// What cannot be read is left out.
export function changesOf(text) {
	const found = text.split(CHANGES).map((part) => TEXT.exec(part)).filter(Boolean);
	const number = (value) => (value === "" ? null : Number(value));
	const changes = found.map(([, step, name, value]) => ({ step: Number(step), name, value: number(value) }));
	return changes.sort((a, b) => a.step - b.step);
}
