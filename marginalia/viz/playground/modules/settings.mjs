// What the controls say: the loss as numbers and as a formula, and all of it in the address.

import { partOf } from "./spec.mjs";
import { changesInText, changesOf } from "./timeline.mjs";

export const SLIDERS = ["s", "m1", "m2", "m3"];
export const BOXES = ["w-norm", "x-norm"];
export const CHOICES = ["rate", "batch", "optimizer", "seed"];
const USUAL_RATES = { Adam: 0.002, SGD: 0.02 };
const PIN = /^pin(\d+)$/;

export class Settings {
	start = []; // [name, value] of all controls when the training began

	// elements: the page's elements by id. presets: { name: { wNorm, xNorm, s, m1, m2, m3 } }.
	constructor(elements, presets) {
		Object.assign(this, { elements, presets });
	}

	get spec() {
		return Object.assign({}, ...[...SLIDERS, ...BOXES].map((name) => partOf(name, this.number(name))));
	}

	// The chosen digits in ascending order, as numbers.
	get classes() {
		return this.digitBoxes.filter((box) => box.checked).map((box) => Number(box.value));
	}

	get digitBoxes() {
		return [...this.elements.classes.querySelectorAll("input")];
	}

	// 1 where a box is checked, 0 where it is not.
	number(name) {
		const element = this.elements[name];
		return Number(element.type === "checkbox" ? element.checked : element.value);
	}

	// What a training begins with.
	get training() {
		const [rate, batch, seed] = ["rate", "batch", "seed"].map((name) => this.number(name));
		return { rate, batch, seed, optimizer: this.elements.optimizer.value };
	}

	// How many times the usual rate.
	get haste() {
		return this.number("rate") / USUAL_RATES[this.elements.optimizer.value];
	}

	usePreset() {
		const preset = this.presets[this.elements.preset.value];
		if (!preset) return;
		this.elements["w-norm"].checked = preset.wNorm;
		this.elements["x-norm"].checked = preset.xNorm;
		this.elements.s.value = Math.log2(preset.s);
		for (const key of ["m1", "m2", "m3"]) this.elements[key].value = preset[key];
	}

	useOptimizer() {
		this.elements.rate.value = USUAL_RATES[this.elements.optimizer.value];
	}

	sayFormula() {
		const { elements } = this;
		const { wNorm, xNorm, s, m1, m2, m3 } = this.spec;
		const round = (value) => Number(value.toPrecision(3)).toString();
		for (const [name, value] of Object.entries({ s, m1, m2, m3 })) elements[`${name}-value`].textContent = round(value);
		const bent = `${m1 === 1 ? "" : round(m1)}θ${m2 ? ` + ${round(m2)}` : ""}`;
		const scale = `${s === 1 ? "" : `${round(s)} `}${wNorm ? "" : "|w| "}${xNorm ? "" : "|x| "}`;
		elements.target.textContent = m3 ? `${scale}(cos(${bent}) − ${round(m3)})` : `${scale}cos(${bent})`;
		elements.other.textContent = `${scale}cos θ`;
		if (m2) elements["m2-value"].textContent += ` = ${((m2 * 180) / Math.PI).toFixed(0)}°`;
	}

	// From now on an address begins with what the controls say now.
	begin() {
		const values = ["preset", ...CHOICES, ...SLIDERS].map((name) => [name, this.elements[name].value]);
		const boxes = BOXES.map((name) => [name, this.number(name)]);
		this.start = [...values, ...boxes, ["classes", this.classes.join("")]];
	}

	// changes: those since the beginning. steps: where the training rests, or null while it goes on.
	address(changes, steps) {
		const later = changes.length ? [["changes", changesInText(changes)]] : [];
		const end = steps ? [["step", steps]] : [];
		return `#${new URLSearchParams([...this.start, ...later, ...end])}`;
	}

	// Sets the controls. Returns { changes, stopAt }: what is repeated, and after which step it rests or null. An
	// unknown choice keeps what is there; a slider keeps its own limits.
	follow(address) {
		const { elements } = this;
		const given = new URLSearchParams(address.replace(/^#/, ""));
		const preset = given.get("preset");
		if (Object.hasOwn(this.presets, preset) || preset === "custom") elements.preset.value = preset;
		this.usePreset();
		for (const name of [...CHOICES, ...SLIDERS, ...BOXES]) if (given.has(name)) this.set(name, given.get(name));
		const classes = given.get("classes") ?? "";
		if (this.digitBoxes.filter((box) => classes.includes(box.value)).length > 1) {
			for (const box of this.digitBoxes) box.checked = classes.includes(box.value);
		}
		const changes = changesOf(given.get("changes") ?? "").filter((change) => this.isPossible(change));
		const stopAt = Number(given.get("step"));
		return { changes, stopAt: Number.isInteger(stopAt) && stopAt > 0 ? stopAt : null };
	}

	set(name, value) {
		const element = this.elements[name];
		if (element.type === "checkbox") element.checked = Number(value) === 1;
		else if (!element.options || offers(element, value)) element.value = value;
	}

	isPossible({ name, value }) {
		const pin = PIN.exec(name);
		if (pin) return Number(pin[1]) < this.classes.length;
		if (value === null || ![...SLIDERS, ...BOXES, "rate"].includes(name)) return false;
		const element = this.elements[name];
		if (element.options) return offers(element, value);
		return BOXES.includes(name) || (value >= Number(element.min) && value <= Number(element.max));
	}
}

function offers({ options }, value) {
	return [...options].some((option) => option.value === String(value));
}
