// All that the controls say, in the address of the page, and back.

import { BOXES, NUMBERS, SHARED, SLIDERS, beginningOf, offers } from "./settings.mjs";
import { changesInText, changesOf } from "./timeline.mjs";

const PREFIXES = ["", "b-"]; // of what an address says of the first and of the second training
const RECORD = "record";
const PIN = /^pin(\d+)$/;

export class Address {
	start = []; // [name, value] of all when the trainings began

	constructor(settings) {
		this.settings = settings;
	}

	// From now on an address begins with what is said now.
	begin() {
		const { losses, elements, classes } = this.settings;
		const own = losses.flatMap((loss, side) => {
			return Object.entries(loss).map(([name, value]) => [PREFIXES[side] + name, value]);
		});
		const shared = SHARED.map((name) => [name, elements[name].value]);
		this.start = [...own, ...shared, ["classes", classes.join("")]];
	}

	// changes: those of each training since the beginning. steps: where they rest, or null while they go on.
	text(changes, steps) {
		const later = changes.map((some, side) => [`${PREFIXES[side]}changes`, changesInText(some)]);
		const { strangers, beside, epoch } = this.settings.elements;
		const shown = strangers.checked ? [["strangers", 1]] : [];
		const record = beside.value === RECORD ? [["beside", RECORD], ["epoch", epoch.value]] : [];
		const end = steps ? [["step", steps]] : [];
		const parts = [...this.start, ...shown, ...record, ...later.filter(([, text]) => text), ...end];
		return `#${new URLSearchParams(parts)}`;
	}

	// Sets the controls; what the address leaves out is as at the beginning. Returns { changes, stopAt }: what is
	// repeated in each training, and after which step they rest or null.
	follow(text) {
		const given = new URLSearchParams(text.replace(/^#/, ""));
		const sides = PREFIXES.filter((prefix) => prefix === "" || given.has(`${prefix}preset`));
		this.followShared(given);
		if (sides.length > 1) this.settings.elements.beside.value = "loss";
		this.settings.losses = sides.map((prefix) => this.lossIn(given, prefix));
		this.settings.choose(sides.length - 1);
		const changes = sides.map((prefix) => {
			return changesOf(given.get(`${prefix}changes`) ?? "").filter((change) => this.isPossible(change));
		});
		const stopAt = Number(given.get("step"));
		return { changes, stopAt: Number.isInteger(stopAt) && stopAt > 0 ? stopAt : null };
	}

	followShared(given) {
		const { settings, settings: { elements, digitBoxes } } = this;
		for (const name of SHARED) {
			elements[name].value = beginningOf(elements[name]);
			if (given.has(name)) settings.setShared(name, given.get(name));
		}
		const classes = given.get("classes") ?? "";
		const isEnough = digitBoxes.filter((box) => classes.includes(box.value)).length > 1;
		for (const box of digitBoxes) box.checked = !isEnough || classes.includes(box.value);
		elements.strangers.checked = given.get("strangers") === "1";
		elements.beside.value = given.get("beside") === RECORD ? RECORD : "";
		elements.epoch.value = given.get("epoch") ?? elements.epoch.max;
	}

	// A number outside the limits of its slider is the nearest one inside.
	lossIn(given, prefix) {
		const { settings } = this;
		const preset = given.get(`${prefix}preset`);
		const loss = settings.lossOf(Object.hasOwn(settings.presets, preset) ? preset : settings.first);
		for (const name of NUMBERS) {
			const text = given.get(prefix + name) ?? "";
			if (text === "" || !Number.isFinite(Number(text)) || Number(text) === loss[name]) continue;
			const { min, max } = SLIDERS.includes(name) ? settings.elements[name] : { min: 0, max: 1 };
			loss[name] = Math.min(Number(max), Math.max(Number(min), Number(text)));
		}
		return settings.named(loss);
	}

	isPossible({ name, value }) {
		const { elements, classes } = this.settings;
		const pin = PIN.exec(name);
		if (pin) return Number(pin[1]) < classes.length;
		if (value === null || ![...NUMBERS, "rate"].includes(name)) return false;
		const element = elements[name];
		if (element.options) return offers(element, value);
		return BOXES.includes(name) || (value >= Number(element.min) && value <= Number(element.max));
	}
}
