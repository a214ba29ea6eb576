// What the controls say: a loss for each training, the settings that they share, and all of it in the address.

import { formulaOf, inShort } from "./formula.mjs";
import { partOf } from "./spec.mjs";
import { changesInText, changesOf } from "./timeline.mjs";

export const SLIDERS = ["s", "m1", "m2", "m3"];
export const BOXES = ["w-norm", "x-norm"];
export const SHARED = ["rate", "batch", "optimizer", "seed"];
const NUMBERS = [...SLIDERS, ...BOXES];
const PREFIXES = ["", "b-"]; // of what an address says of the first and of the second training
const USUAL_RATES = { Adam: 0.002, SGD: 0.02 };
const PIN = /^pin(\d+)$/;

export class Settings {
	chosen = 0; // the training whose loss the controls show
	losses = []; // of each training: { preset, s, m1, m2, m3, w-norm, x-norm }, as the controls have them
	start = []; // [name, value] of all when the trainings began

	// elements: the page's elements by id. presets: { name: { wNorm, xNorm, s, m1, m2, m3 } }.
	constructor(elements, presets) {
		Object.assign(this, { elements, presets });
		this.losses = [this.lossOf(elements.preset.value)];
	}

	// Of a preset, or of no name: the loss that the controls show.
	lossOf(name) {
		if (!Object.hasOwn(this.presets, name)) return { ...this.losses[this.chosen], preset: "custom" };
		const { wNorm, xNorm, s, m1, m2, m3 } = this.presets[name];
		return { preset: name, s: Math.log2(s), m1, m2, m3, "w-norm": Number(wNorm), "x-norm": Number(xNorm) };
	}

	specOf(side) {
		return Object.assign({}, ...NUMBERS.map((name) => partOf(name, this.losses[side][name])));
	}

	get spec() {
		return this.specOf(this.chosen);
	}

	// The chosen digits in ascending order, as numbers.
	get classes() {
		return this.digitBoxes.filter((box) => box.checked).map((box) => Number(box.value));
	}

	get digitBoxes() {
		return [...this.elements.classes.querySelectorAll("input")];
	}

	// What all trainings begin with.
	get training() {
		const [rate, batch, seed] = ["rate", "batch", "seed"].map((name) => Number(this.elements[name].value));
		return { rate, batch, seed, optimizer: this.elements.optimizer.value };
	}

	// How many times the usual rate.
	get haste() {
		return this.training.rate / USUAL_RATES[this.elements.optimizer.value];
	}

	// Another loss beside the first one, for the controls; or the chosen one alone, or beside a record.
	useBeside() {
		const { losses, chosen } = this;
		const isBeside = this.elements.beside.value === "loss";
		this.losses = isBeside ? [losses[chosen], { ...losses[chosen] }] : [losses[chosen]];
		this.chosen = isBeside ? 1 : 0;
		this.show();
	}

	// The name of the record that is shown, or nothing.
	get recorded() {
		return this.elements.beside.value === "record" ? this.losses[0].preset : "";
	}

	useOptimizer() {
		this.elements.rate.value = USUAL_RATES[this.elements.optimizer.value];
	}

	// Takes the loss from the controls: a preset, or one number of it. Returns the number.
	take(name) {
		const element = this.elements[name];
		if (name === "preset") this.losses[this.chosen] = this.lossOf(element.value);
		else this.set(this.chosen, name, Number(element.type === "checkbox" ? element.checked : element.value));
		this.show();
		return this.losses[this.chosen][name];
	}

	set(side, name, value) {
		if (NUMBERS.includes(name)) Object.assign(this.losses[side], { preset: "custom", [name]: value });
		else if (SHARED.includes(name)) this.setShared(name, value);
	}

	// An unknown choice keeps what is there.
	setShared(name, value) {
		const element = this.elements[name];
		if (!element.options || offers(element, value)) element.value = value;
	}

	// Shows the loss of the chosen training in the controls.
	show() {
		const { elements } = this;
		const loss = this.losses[this.chosen];
		for (const name of ["preset", ...SLIDERS]) elements[name].value = loss[name];
		for (const name of BOXES) elements[name].checked = Boolean(loss[name]);
		const { spec } = this;
		for (const name of SLIDERS) elements[`${name}-value`].textContent = inShort(spec[name]);
		if (spec.m2) elements["m2-value"].textContent += ` = ${((spec.m2 * 180) / Math.PI).toFixed(0)}°`;
		const { own, others } = formulaOf(spec);
		Object.assign(elements.target, { textContent: own });
		Object.assign(elements.other, { textContent: others });
	}

	// From now on an address begins with what is said now.
	begin() {
		const losses = this.losses.flatMap((loss, side) => {
			return Object.entries(loss).map(([name, value]) => [PREFIXES[side] + name, value]);
		});
		const { beside, epoch } = this.elements;
		const record = beside.value === "record" ? [["beside", "record"], ["epoch", epoch.value]] : [];
		const shared = SHARED.map((name) => [name, this.elements[name].value]);
		const strangers = this.elements.strangers.checked ? [["strangers", 1]] : [];
		this.start = [...losses, ...shared, ["classes", this.classes.join("")], ...strangers, ...record];
	}

	// changes: those of each training since the beginning. steps: where they rest, or null while they go on.
	address(changes, steps) {
		const later = changes.map((some, side) => [`${PREFIXES[side]}changes`, changesInText(some)]);
		const end = steps ? [["step", steps]] : [];
		return `#${new URLSearchParams([...this.start, ...later.filter(([, text]) => text), ...end])}`;
	}

	// Sets the controls. Returns { changes, stopAt }: what is repeated in each training, and after which step they rest
	// or null.
	follow(address) {
		const given = new URLSearchParams(address.replace(/^#/, ""));
		const sides = PREFIXES.filter((prefix) => prefix === "" || given.has(`${prefix}preset`));
		for (const name of SHARED) if (given.has(name)) this.setShared(name, given.get(name));
		const classes = given.get("classes") ?? "";
		if (this.digitBoxes.filter((box) => classes.includes(box.value)).length > 1) {
			for (const box of this.digitBoxes) box.checked = classes.includes(box.value);
		}
		this.elements.strangers.checked = given.get("strangers") === "1";
		this.elements.beside.value = sides.length > 1 ? "loss" : given.get("beside") === "record" ? "record" : "";
		if (given.has("epoch")) this.elements.epoch.value = given.get("epoch");
		this.losses = sides.map((prefix) => this.lossIn(given, prefix));
		this.chosen = sides.length - 1;
		this.show();
		const changes = sides.map((prefix) => {
			return changesOf(given.get(`${prefix}changes`) ?? "").filter((change) => this.isPossible(change));
		});
		const stopAt = Number(given.get("step"));
		return { changes, stopAt: Number.isInteger(stopAt) && stopAt > 0 ? stopAt : null };
	}

	// A number outside the limits of its slider is the nearest one inside.
	lossIn(given, prefix) {
		const preset = given.get(`${prefix}preset`);
		const isKnown = preset === "custom" || Object.hasOwn(this.presets, preset);
		const loss = this.lossOf(isKnown ? preset : this.elements.preset.value);
		for (const name of NUMBERS) {
			const text = given.get(prefix + name) ?? "";
			if (text === "" || !Number.isFinite(Number(text))) continue;
			const { min, max } = SLIDERS.includes(name) ? this.elements[name] : { min: 0, max: 1 };
			const value = Math.min(Number(max), Math.max(Number(min), Number(text)));
			if (value !== loss[name]) Object.assign(loss, { preset: "custom", [name]: value });
		}
		return loss;
	}

	isPossible({ name, value }) {
		const pin = PIN.exec(name);
		if (pin) return Number(pin[1]) < this.classes.length;
		if (value === null || ![...NUMBERS, "rate"].includes(name)) return false;
		const element = this.elements[name];
		if (element.options) return offers(element, value);
		return BOXES.includes(name) || (value >= Number(element.min) && value <= Number(element.max));
	}
}

function offers({ options }, value) {
	return [...options].some((option) => option.value === String(value));
}
