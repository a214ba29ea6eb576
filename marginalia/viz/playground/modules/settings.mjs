// What the controls say: a loss for each training, and the settings that they share.

import { formulaOf, inShort } from "./formula.mjs";
import { partOf } from "./spec.mjs";

export const SLIDERS = ["s", "m1", "m2", "m3"];
export const BOXES = ["w-norm", "x-norm"];
export const SHARED = ["rate", "batch", "optimizer", "seed"];
export const NUMBERS = [...SLIDERS, ...BOXES];
const USUAL_RATES = { Adam: 0.002, SGD: 0.02 };

export class Settings {
	chosen = 0; // the training whose loss the controls show
	losses = []; // of each training: { preset, s, m1, m2, m3, w-norm, x-norm }, as the controls have them

	// elements: the page's elements by id. presets: { name: { wNorm, xNorm, s, m1, m2, m3 } }.
	constructor(elements, presets) {
		Object.assign(this, { elements, presets });
		this.first = beginningOf(elements.preset);
		this.losses = [this.lossOf(this.first)];
	}

	// Of a preset, or of no name: the loss that the controls show.
	lossOf(name) {
		if (!Object.hasOwn(this.presets, name)) return { ...this.losses[this.chosen], preset: "custom" };
		const { wNorm, xNorm, s, m1, m2, m3 } = this.presets[name];
		return { preset: name, s: Math.log2(s), m1, m2, m3, "w-norm": Number(wNorm), "x-norm": Number(xNorm) };
	}

	// The loss with the name of the preset that has its numbers, or custom.
	named(loss) {
		const isIt = (name) => NUMBERS.every((key) => this.lossOf(name)[key] === loss[key]);
		return { ...loss, preset: Object.keys(this.presets).find(isIt) ?? "custom" };
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

	// Beside the chosen loss the same one without its margin, or, where it has none, the first preset; or it alone, or
	// beside a record.
	useBeside() {
		const { losses, chosen } = this;
		const isBeside = this.elements.beside.value === "loss";
		const plain = this.named({ ...losses[chosen], m1: 1, m2: 0, m3: 0 });
		const hasMargin = ["m1", "m2", "m3"].some((name) => plain[name] !== losses[chosen][name]);
		const other = hasMargin ? plain : this.lossOf(this.first);
		this.losses = isBeside ? [losses[chosen], other] : [losses[chosen]];
		this.chosen = isBeside ? 1 : 0;
		this.show();
	}

	// The name of the record that is shown, or nothing.
	get recorded() {
		return this.elements.beside.value === "record" ? this.losses[0].preset : "";
	}

	choose(side) {
		this.chosen = side;
		this.show();
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
		if (NUMBERS.includes(name)) this.losses[side] = this.named({ ...this.losses[side], [name]: value });
		else if (SHARED.includes(name)) this.setShared(name, value);
	}

	repeat(side, changes) {
		for (const { name, value } of changes) this.set(side, name, value);
		this.show();
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
		elements.s.ariaValueText = inShort(spec.s);
		for (const name of SLIDERS) elements[`${name}-value`].textContent = inShort(spec[name]);
		if (spec.m2) elements["m2-value"].textContent += ` = ${((spec.m2 * 180) / Math.PI).toFixed(0)}°`;
		const { own, others } = formulaOf(spec);
		Object.assign(elements.target, { textContent: own });
		Object.assign(elements.other, { textContent: others });
	}
}

export function offers({ options }, value) {
	return [...options].some((option) => option.value === String(value));
}

export function beginningOf({ options, defaultValue }) {
	return options ? ([...options].find((option) => option.defaultSelected) ?? options[0]).value : defaultValue;
}
