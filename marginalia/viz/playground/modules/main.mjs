// The page: controls, messages of the worker, and the pictures.

import { DrawingPad } from "./drawing_pad.mjs";
import { inPercent } from "./figures.mjs";
import { Grip } from "./grip.mjs";
import { digitsOf, withClasses } from "./packed.mjs";
import { Pictures } from "./pictures.mjs";
import { BOXES, SLIDERS, Settings } from "./settings.mjs";
import { Speech } from "./speech.mjs";
import { explained, stuck } from "./trouble.mjs";

const elements = Object.fromEntries([...document.querySelectorAll("[id]")].map((found) => [found.id, found]));
const pageData = JSON.parse(elements["page-data"].textContent);
const HELD_OUT = 2000;
const ADDRESS_DELAY = 400;

const settings = new Settings(elements, pageData.presets);
const speech = new Speech(elements.spoken);
const pictures = new Pictures(elements, pageData, paint);
const space = pictures.space;
const inspector = pictures.inspector;
let state = null;
let allDigits = null;
let digits = null;
let playing = !pictures.calm.matches;
let changes = [];
let addressTimer = null;
let followed = settings.follow(location.hash);

const grip = new Grip(space, {
	onLook(index, step = 0) {
		const count = state.predictions.length + (state.drawn ? 1 : 0);
		inspector.look(index ?? (inspector.index + step + count) % count);
		paint();
		if (index === null) speech.say(elements.what.textContent);
	},
	onHold(label, degrees) {
		change(`pin${label}`, degrees);
		speech.say(`The weight of ${space.names[label]} is ${degrees === null ? "free" : "held"}.`);
	},
	onChoose(label) {
		if (label >= 0) speech.say(`The weight of ${space.names[label]}. Left and right turn it, Enter holds or frees it.`);
		pictures.request(playing);
	},
	held: (label) => state.pinned.includes(label),
});

const pad = new DrawingPad(elements.pad, (pixels) => {
	inspector.mine = pixels;
	worker.postMessage({ type: "draw", pixels });
	inspector.look(pixels && state ? state.predictions.length : 0);
});

function play(on) {
	playing = on;
	elements.play.textContent = on ? "Pause" : "Play";
	worker.postMessage({ type: on ? "play" : "pause" });
	if (!on) speech.wake();
}

function reset() {
	elements.trouble.hidden = true;
	pictures.clear();
	settings.begin();
	({ changes } = followed);
	const { stopAt } = followed;
	followed = { changes: [], stopAt: null };
	const { spec, classes, training } = settings;
	worker.postMessage({ type: "reset", classes: classes.length, spec, settings: { ...training, changes }, stopAt });
	play(playing);
}

function change(name, value) {
	worker.postMessage({ type: "change", name, value });
}

function moved(name) {
	elements.preset.value = "custom";
	settings.sayFormula();
	change(name, settings.number(name));
}

const messages = {
	ready: reset,

	state(message) {
		if (message.weights.length !== 2 * space.names.length) return; // of the classes before
		state = message;
		pictures.lossHistory.add(state.steps, state.loss);
		pictures.request(playing);
	},

	changed(message) {
		({ changes } = message);
		noteAddress();
	},

	repeated(message) {
		for (const { name, value } of message.changes.filter(({ name }) => elements[name])) settings.set(name, value);
		elements.preset.value = "custom";
		settings.sayFormula();
	},

	arrived() {
		play(false);
		noteAddress();
	},

	diverged({ step }) {
		sayTrouble(`The loss is not a number any more after step ${step.toLocaleString("en")}.`);
		play(false);
	},
};

// The address says where a training rests; while it goes on, no step.
function noteAddress() {
	clearTimeout(addressTimer);
	addressTimer = setTimeout(() => {
		history.replaceState(null, "", settings.address(changes, playing ? null : state?.steps));
	}, ADDRESS_DELAY);
}

function sayTrouble(what) {
	elements.trouble.textContent = explained(what, settings.spec, settings.classes.length, settings.haste);
	elements.trouble.hidden = false;
}

function paint() {
	if (!state) return;
	pictures.show(state, digits.heldOut, settings.spec, grip.chosen);
	const trouble = stuck(state, space.names);
	if (trouble) sayTrouble(trouble);
	else if (playing) elements.trouble.hidden = true;
	speech.report(`${elements.steps.textContent} steps, ${inPercent(state.accuracy)} of the digits right`);
}

function chooseClasses() {
	if (!allDigits) return;
	const { classes } = settings;
	for (const box of settings.digitBoxes) box.disabled = box.checked && classes.length === 2;
	state = null;
	pad.clear();
	space.use(classes, classes.map((digit) => pageData.colors[digit]));
	digits = { train: withClasses(allDigits.train, classes), heldOut: withClasses(allDigits.heldOut, classes) };
	worker.postMessage({ type: "digits", ...digits });
}

function redraw() {
	settings.sayFormula();
	inspector.look(inspector.index);
	pictures.request(false);
}

const source = new Blob([elements.worker.textContent], { type: "text/javascript" });
const worker = new Worker(URL.createObjectURL(source));
worker.onmessage = ({ data }) => messages[data.type](data);
elements.preset.addEventListener("change", () => {
	settings.usePreset();
	settings.sayFormula();
	reset();
});
elements.optimizer.addEventListener("change", () => {
	settings.useOptimizer();
	reset();
});
for (const name of [...SLIDERS, ...BOXES, "rate"]) elements[name].addEventListener("input", () => moved(name));
for (const name of ["batch", "seed"]) elements[name].addEventListener("change", reset);
elements.speed.addEventListener("change", () => {
	worker.postMessage({ type: "speed", stepsPerSecond: Number(elements.speed.value) });
});
elements.classes.addEventListener("change", chooseClasses);
elements.play.addEventListener("click", () => play(!playing));
elements.step.addEventListener("click", () => {
	play(false);
	worker.postMessage({ type: "step" });
});
elements.reset.addEventListener("click", reset);
elements.release.addEventListener("click", () => state.pinned.forEach((label) => change(`pin${label}`, null)));
elements.clear.addEventListener("click", () => pad.clear());
for (const kind of ["change", "click"]) elements.controls.addEventListener(kind, noteAddress);
addEventListener("resize", redraw);
addEventListener("hashchange", () => {
	followed = settings.follow(location.hash);
	chooseClasses();
	settings.sayFormula();
});
pictures.darkScheme.addEventListener("change", redraw);
document.addEventListener("visibilitychange", () => {
	worker.postMessage({ type: playing && !document.hidden ? "play" : "pause" });
});
settings.sayFormula();
digitsOf([elements.pixels, elements.labels], HELD_OUT).then((found) => {
	allDigits = found;
	chooseClasses();
});
