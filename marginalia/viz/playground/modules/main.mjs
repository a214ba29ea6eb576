// The page: controls, messages of the worker, and the pictures.

import { DrawingPad } from "./drawing_pad.mjs";
import { inPercent } from "./figures.mjs";
import { Guide } from "./guide.mjs";
import { Keeping } from "./keeping.mjs";
import { digitsOf, withClasses } from "./packed.mjs";
import { Pane } from "./pane.mjs";
import { Pictures } from "./pictures.mjs";
import { Records } from "./recorded_run.mjs";
import { BOXES, SLIDERS, Settings } from "./settings.mjs";
import { Speech } from "./speech.mjs";
import { Trainings } from "./trainings.mjs";
import { explained, stuck } from "./trouble.mjs";
import { useWords, words } from "./words.mjs";

const elements = Object.fromEntries([...document.querySelectorAll("[id]")].map((found) => [found.id, found]));
const pageData = JSON.parse(elements["page-data"].textContent);
useWords(pageData.words);
const HELD_OUT = 2000;
const STRANGERS = 200;
const ADDRESS_DELAY = 400;

const settings = new Settings(elements, pageData.presets);
const speech = new Speech(elements.spoken);
const figures = [...document.querySelectorAll("figure")];
const panes = figures.map((figure, side) => new Pane(figure, pageData.lobes, speech, actionsOf(side)));
const pictures = new Pictures(elements, panes, pageData, paint);
const inspector = pictures.inspector;
const answers = { ready: reset, state: note, changed: noteAddress, repeated, arrived, diverged };
const trainings = new Trainings(elements.worker.textContent, answers);
const records = new Records(elements, pageData);
const guide = new Guide(elements, pageData.lessons, { start: startLesson, leave: noteAddress });
new Keeping(elements, elements["gif-library"].textContent, () => pictures.seen(trainings.states.length, settings));
let allDigits = null;
let digits = null;
let playing = !pictures.calm.matches;
let addressTimer = null;
let followed = { changes: [], stopAt: null };

const pad = new DrawingPad(elements.pad, (pixels) => {
	inspector.mine = pixels;
	trainings.send("draw", { pixels });
	inspector.look(pixels && trainings.states.length ? trainings.states[0].predictions.length : 0);
});

// What comes of the pointer and the keys on the space of a training.
function actionsOf(side) {
	return {
		look(index, step) {
			const { predictions, drawn } = trainings.states[side];
			const count = predictions.length + (drawn ? 1 : 0);
			inspector.look(index ?? (inspector.index + step + count) % count);
			paint();
			if (index === null) speech.say(elements.what.textContent);
		},
		pick() {
			settings.chosen = side;
			settings.show();
			pictures.request(playing);
		},
		hold: (label, degrees) => trainings.change(side, `pin${label}`, degrees),
		isHeld: (label) => trainings.states[side].pinned.includes(label),
		redraw: () => pictures.request(playing),
	};
}

function play(on) {
	playing = on;
	elements.play.textContent = on ? words("Pause") : words("Play");
	trainings.send(on ? "play" : "pause");
	if (!on) speech.wake();
}

function reset() {
	const count = settings.losses.length;
	elements.trouble.hidden = true;
	elements.beside.value = count > 1 ? "loss" : settings.recorded && "record";
	pictures.clear(count, Boolean(settings.recorded));
	records.open(settings.recorded).then(() => pictures.request(false));
	settings.begin();
	trainings.reset(settings.losses.map((_, side) => settings.specOf(side)), settings.training, followed);
	followed = { changes: [], stopAt: null };
	play(playing);
}

function note() {
	pictures.note(trainings.states);
	pictures.request(playing);
}

function repeated(side, changes) {
	for (const { name, value } of changes) settings.set(side, name, value);
	settings.show();
}

function arrived() {
	play(false);
	guide.arrived();
	noteAddress();
}

function diverged(side, step) {
	sayTrouble(words("The loss is not a number any more after step {}.", step.toLocaleString("en")), side);
	play(false);
}

function startLesson(address) {
	playing = true;
	begin(address);
	noteAddress();
}

// The address says where a training rests; while it goes on, no step.
function noteAddress() {
	clearTimeout(addressTimer);
	addressTimer = setTimeout(() => {
		const steps = playing ? null : trainings.states[0]?.steps;
		history.replaceState(null, "", guide.address || settings.address(trainings.changes, steps));
	}, ADDRESS_DELAY);
}

function sayTrouble(what, side) {
	elements.trouble.textContent = explained(what, settings.specOf(side), settings.classes.length, settings.haste);
	elements.trouble.hidden = false;
}

function paint() {
	const { states, pace } = trainings;
	if (states.length !== settings.losses.length) return; // those before
	pictures.show(states, digits.heldOut, settings, { pace, record: records.shown });
	const troubles = states.map((state) => stuck(state, panes[0].space.names));
	const side = troubles.findIndex(Boolean);
	if (side >= 0) sayTrouble(troubles[side], side);
	else if (playing) elements.trouble.hidden = true;
	const right = inPercent(states[settings.chosen].accuracy);
	speech.report(words("{} steps, {} of the digits right", elements.steps.textContent, right));
}

function chooseClasses() {
	if (!allDigits) return;
	const { classes } = settings;
	for (const box of settings.digitBoxes) box.disabled = box.checked && classes.length === 2;
	pad.clear();
	pictures.use(classes);
	const { train, heldOut } = allDigits;
	const others = [...pageData.colors.keys()].filter((digit) => elements.strangers.checked && !classes.includes(digit));
	digits = { train: withClasses(train, classes), heldOut: withClasses(heldOut, classes) };
	trainings.use(classes.length, { ...digits, strangers: withClasses(heldOut, others, STRANGERS) });
}

// Begins what an address says.
function begin(address = location.hash) {
	if (guide.follow(address)) return;
	followed = settings.follow(address);
	chooseClasses();
}

function redraw() {
	inspector.look(inspector.index);
	pictures.request(false);
}

elements.preset.addEventListener("change", () => (settings.take("preset"), reset()));
elements.optimizer.addEventListener("change", () => (settings.useOptimizer(), reset()));
elements.beside.addEventListener("change", () => (settings.useBeside(), reset()));
elements.epoch.addEventListener("input", () => pictures.request(false));
for (const name of [...SLIDERS, ...BOXES]) {
	elements[name].addEventListener("input", () => trainings.change(settings.chosen, name, settings.take(name)));
}
elements.rate.addEventListener("input", () => trainings.change(null, "rate", settings.training.rate));
for (const name of ["batch", "seed"]) elements[name].addEventListener("change", reset);
elements.speed.addEventListener("change", () => {
	trainings.send("speed", { stepsPerSecond: Number(elements.speed.value) });
});
for (const name of ["classes", "strangers"]) elements[name].addEventListener("change", chooseClasses);
elements.play.addEventListener("click", () => play(!playing));
elements.step.addEventListener("click", () => {
	play(false);
	trainings.send("step");
});
elements.reset.addEventListener("click", reset);
elements.release.addEventListener("click", () => {
	trainings.states.forEach(({ pinned }, side) => {
		for (const label of pinned) trainings.change(side, `pin${label}`, null);
	});
});
elements.clear.addEventListener("click", () => pad.clear());
for (const kind of ["change", "click"]) elements.controls.addEventListener(kind, noteAddress);
addEventListener("resize", redraw);
addEventListener("hashchange", () => begin());
pictures.darkScheme.addEventListener("change", redraw);
document.addEventListener("visibilitychange", () => {
	trainings.send(playing && !document.hidden ? "play" : "pause");
});
digitsOf([elements.pixels, elements.labels], HELD_OUT).then((found) => {
	allDigits = found;
	if (guide.name) chooseClasses();
	else begin();
});
