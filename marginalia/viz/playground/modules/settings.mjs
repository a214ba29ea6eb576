// What the controls say: the loss as numbers and as a formula, and all of it in the address.

export const SLIDERS = ["s", "m1", "m2", "m3"];
export const BOXES = ["w-norm", "x-norm"];
const CHOICES = ["rate", "batch", "seed"];

export class Settings {
	// elements: the page's elements by id. presets: { name: { wNorm, xNorm, s, m1, m2, m3 } }.
	constructor(elements, presets) {
		Object.assign(this, { elements, presets });
	}

	get spec() {
		const [s, m1, m2, m3] = SLIDERS.map((name) => this.number(name));
		return { wNorm: this.elements["w-norm"].checked, xNorm: this.elements["x-norm"].checked, s: 2 ** s, m1, m2, m3 };
	}

	// The chosen digits in ascending order, as numbers.
	get classes() {
		return this.digitBoxes.filter((box) => box.checked).map((box) => Number(box.value));
	}

	get digitBoxes() {
		return [...this.elements.classes.querySelectorAll("input")];
	}

	number(name) {
		return Number(this.elements[name].value);
	}

	usePreset() {
		const preset = this.presets[this.elements.preset.value];
		if (!preset) return;
		this.elements["w-norm"].checked = preset.wNorm;
		this.elements["x-norm"].checked = preset.xNorm;
		this.elements.s.value = Math.log2(preset.s);
		for (const key of ["m1", "m2", "m3"]) this.elements[key].value = preset[key];
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

	get address() {
		const values = ["preset", ...CHOICES, ...SLIDERS].map((name) => [name, this.elements[name].value]);
		const boxes = BOXES.map((name) => [name, Number(this.elements[name].checked)]);
		return `#${new URLSearchParams([...values, ...boxes, ["classes", this.classes.join("")]])}`;
	}

	// An unknown choice keeps what is there; a slider keeps its own limits.
	follow(address) {
		const { elements } = this;
		const given = new URLSearchParams(address.replace(/^#/, ""));
		const preset = given.get("preset");
		if (this.presets[preset] || preset === "custom") elements.preset.value = preset;
		this.usePreset();
		for (const name of [...CHOICES, ...SLIDERS, ...BOXES].filter((name) => given.has(name))) {
			const [element, value] = [elements[name], given.get(name)];
			const isOffered = !element.options || [...element.options].some((option) => option.value === value);
			if (element.type === "checkbox") element.checked = value === "1";
			else if (isOffered) element.value = value;
		}
		const classes = given.get("classes") ?? "";
		if (this.digitBoxes.filter((box) => classes.includes(box.value)).length < 2) return;
		for (const box of this.digitBoxes) box.checked = classes.includes(box.value);
	}
}
