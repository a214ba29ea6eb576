// The page: controls, messages of the worker, and the pictures.

import { Address } from "./address.mjs";
import { AddressBar } from "./address_bar.mjs";
import { DrawingPad } from "./drawing_pad.mjs";
import { inPercent } from "./figures.mjs";
import { Guide } from "./guide.mjs";
import { Keeping } from "./keeping.mjs";
import { digitsOf, strangersTo, withClasses } from "./packed.mjs";
import { Pane } from "./pane.mjs";
import { Pictures } from "./pictures.mjs";
import { Records } from "./recorded_run.mjs";
import { BOXES, SLIDERS, Settings } from "./settings.mjs";
import { Speech } from "./speech.mjs";
import { Trainings } from "./trainings.mjs";
import { TroubleBox, explained, stuck } from "./trouble.mjs";
import { useWords, words } from "./words.mjs";

const elements = Object.fromEntries([...document.querySelectorAll("[id]")].map((found) => [found.id, found]));
const pageData = JSON.parse(elements["page-data"].textContent);
useWords(pageData.words);

const settings = new Settings(elements, pageData.presets);
const speech = new Speech(elements.spoken);
const panes = [...document.querySelectorAll("figure")].map(paneOf);
const pictures = new Pictures(elements, panes, pageData, paint);
const inspector = pictures.inspector;
const address = new Address(settings);
const addressBar = new AddressBar(addressOf);
const note = () => addressBar.note();
const repeated = (side, changes) => settings.repeat(side, changes);
const answers = { ready: reset, state: show, changed: note, repeated, arrived, diverged };
const trainings = new Trainings(elements.worker.textContent, answers);
const records = new Records(elements, pageData);
const trouble = new TroubleBox(elements.trouble);
const guide = new Guide(elements, pageData.lessons, { start: startLesson, leave: note });
new Keeping(elements, () => pictures.seen(settings), play, addressBar);
let allDigits = null;
let digits = null;
let playing = !pictures.calm.matches;
let followed = { changes: [], stopAt: null };

const pad = new DrawingPad(elements.pad, (pixels) => {
	inspector.mine = pixels;
	trainings.send("draw", { pixels });
	inspector.look(pixels && trainings.states.length ? trainings.states[0].predictions.length : 0);
});

function paneOf(figure, side) {
	return new Pane(figure, pageData.lobes, speech, {
		look(index, step) {
			const { predictions, drawn } = trainings.states[side];
			const count = predictions.length + (drawn ? 1 : 0);
			inspector.look(index ?? (inspector.index + step + count) % count);
			paint();
			if (index === null) speech.say(elements.what.textContent);
		},
		pick() {
			settings.choose(side);
			pictures.request(playing);
		},
		hold: (label, degrees) => trainings.change(side, `pin${label}`, degrees),
		weightOf: (label) => trainings.weightOf(side, label),
		isLive: () => side in trainings.states,
		redraw: () => pictures.request(playing),
	});
}

// Returns whether it was going on before.
function play(on) {
	const wasPlaying = playing;
	playing = on;
	elements.play.textContent = on ? words("Pause") : words("Play");
	trainings.send(on && !document.hidden ? "play" : "pause");
	if (!on) speech.wake();
	return wasPlaying;
}

function reset() {
	const count = settings.losses.length;
	trouble.hide();
	elements.beside.value = count > 1 ? "loss" : settings.recorded && "record";
	pictures.use(settings.classes);
	pictures.clear(count, Boolean(settings.recorded));
	records.open(settings.recorded).then(() => pictures.request(false));
	address.begin();
	trainings.reset(settings.losses.map((_, side) => settings.specOf(side)), settings.training, followed);
	followed = { changes: [], stopAt: guide.isSeen ? null : followed.stopAt }; // a lesson waits for its step
	play(playing);
}

function show() {
	pictures.note(trainings.states);
	pictures.request(playing);
	if (!playing) note();
}

function arrived() {
	play(false);
	guide.arrived();
	note();
}

function diverged(side, step) {
	sayTrouble(words("The loss is not a number any more after step {}.", step.toLocaleString("en")), side);
	play(false);
	guide.arrived();
}

function startLesson(text) {
	playing ||= !pictures.calm.matches;
	begin(text);
	note();
}

// The address says where a training rests; while it goes on, no step.
function addressOf() {
	return guide.address || address.text(trainings.changes, playing ? null : trainings.restsAt);
}

function sayTrouble(what, side) {
	const { haste, classes } = settings;
	trouble.say(guide.name ? what : explained(what, settings.specOf(side), classes.length, haste));
}

function paint() {
	const { states, pace, changes } = trainings;
	if (states.length !== settings.losses.length) return; // those before
	pictures.show(states, digits.heldOut, settings, { pace, record: records.shown, isAsking: guide.isAsking, changes });
	const troubles = states.map((state) => stuck(state, panes[0].space.names));
	const side = troubles.findIndex(Boolean);
	if (side >= 0) sayTrouble(troubles[side], side);
	else if (playing) trouble.hide();
	const right = inPercent(states[settings.chosen].accuracy);
	speech.report(words("{} steps, {} of the digits right", elements.steps.textContent, right));
}

function chooseClasses() {
	if (!allDigits) return;
	const { classes } = settings;
	for (const box of settings.digitBoxes) box.disabled = box.checked && classes.length === 2;
	pad.clear();
	digits = { train: withClasses(allDigits.train, classes), heldOut: withClasses(allDigits.heldOut, classes) };
	trainings.use(classes.length, { ...digits, strangers: strangers() });
}

function strangers() {
	return strangersTo(elements.strangers.checked ? settings.classes : null, allDigits.heldOut);
}

// Begins what an address says.
function begin(text = location.hash) {
	if (guide.follow(text)) return;
	followed = address.follow(text);
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
elements.speed.addEventListener("change", () => trainings.send("speed", { speed: Number(elements.speed.value) }));
elements.classes.addEventListener("change", () => {
	playing ||= Boolean(guide.name);
	chooseClasses();
});
elements.strangers.addEventListener("change", () => trainings.send("strangers", { strangers: strangers() }));
elements.play.addEventListener("click", () => play(!playing));
elements.step.addEventListener("click", () => (play(false), trainings.send("step")));
elements.reset.addEventListener("click", reset);
elements.release.addEventListener("click", () => trainings.release());
elements.clear.addEventListener("click", () => pad.clear());
for (const kind of ["change", "click"]) elements.controls.addEventListener(kind, note);
addEventListener("resize", redraw);
addEventListener("hashchange", () => {
	guide.close();
	playing ||= !pictures.calm.matches;
	begin();
});
pictures.darkScheme.addEventListener("change", redraw);
document.addEventListener("visibilitychange", () => {
	trainings.send(playing && !document.hidden ? "play" : "pause");
});
digitsOf([elements.pixels, elements.labels]).then((found) => {
	allDigits = found;
	chooseClasses();
});
begin();
