// The page: controls, messages of the worker, and the picture.

import { withClasses } from "./choice.mjs";
import { Curve } from "./curve.mjs";
import { lesson } from "./lesson.mjs";
import { LossHistory, leastLoss } from "./loss_history.mjs";
import { BOXES, SLIDERS, Settings } from "./settings.mjs";
import { Space } from "./space.mjs";

const elements = Object.fromEntries([...document.querySelectorAll("[id]")].map((found) => [found.id, found]));
const pageData = JSON.parse(elements["page-data"].textContent);
const SIDE = 28;
const HELD_OUT = 2000;
const ENOUGH_STEPS = 1500;
const STUCK = 0.8;

const settings = new Settings(elements, pageData.presets);
const space = new Space(elements.space);
const curve = new Curve(elements.curve);
const lossHistory = new LossHistory(elements.history);
const darkScheme = matchMedia("(prefers-color-scheme: dark)");
let state = null;
let allDigits = null;
let digits = null;
let playing = true;
let pointed = -1;

function theme() {
	return pageData.themes[darkScheme.matches ? "dark" : "light"];
}

function sayLoss() {
	settings.sayFormula();
	curve.draw(settings.spec, theme(), angleOf(pointed));
}

// The angle between a digit and the direction of its class, radians, or null.
function angleOf(index) {
	if (index < 0) return null;
	const label = digits.heldOut.labels[index];
	const [x, y] = state.features.subarray(2 * index);
	const [u, v] = state.weights.subarray(2 * label);
	return Math.abs(Math.atan2(x * v - y * u, x * u + y * v));
}

function play(on) {
	playing = on;
	elements.play.textContent = on ? "Pause" : "Play";
	worker.postMessage({ type: on ? "play" : "pause" });
}

function reset() {
	elements.trouble.hidden = true;
	space.rim = 0;
	pointAt(-1);
	lossHistory.clear();
	const [rate, batch, seed] = ["rate", "batch", "seed"].map((name) => settings.number(name));
	worker.postMessage({ type: "reset", classes: settings.classes.length, spec: settings.spec, rate, batch, seed });
	play(playing);
}

function changed() {
	elements.preset.value = "custom";
	sayLoss();
	worker.postMessage({ type: "change", spec: settings.spec, rate: settings.number("rate") });
}

const messages = {
	ready: reset,

	state(message) {
		if (message.weights.length !== 2 * space.names.length) return; // of the classes before
		state = message;
		lossHistory.add(state.steps, state.loss);
		requestAnimationFrame(paint);
	},

	diverged({ step }) {
		sayTrouble(`The loss is no longer a number after step ${step.toLocaleString("en")}.`);
		play(false);
	},
};

function sayTrouble(what) {
	const { s, m1, m2, m3 } = settings.spec;
	const count = settings.classes.length;
	const large = s > 16 || m1 > 3 || m2 > 0.6 || m3 > 0.3;
	const advice = large
		? `Scale and margin are too large for ${count} classes in two dimensions. Take a smaller s or m, then Reset.`
		: "Take a smaller learning rate, then Reset.";
	elements.trouble.textContent = `${what} ${advice}`;
	elements.trouble.hidden = false;
}

function paint() {
	if (!state) return;
	const isStuck = state.steps > ENOUGH_STEPS && state.accuracy !== null && state.accuracy < STUCK;
	const right = (100 * state.accuracy).toFixed(0);
	if (isStuck) sayTrouble(`After more than ${ENOUGH_STEPS} steps only ${right} % are right.`);
	else if (playing) elements.trouble.hidden = true;
	space.draw(state, digits.heldOut.labels, theme());
	lossHistory.draw(leastLoss(settings.spec, settings.classes.length), theme());
	elements.lesson.textContent = lesson(space.wedges, settings.classes.length, settings.spec);
	if (pointed >= 0) sayDigit(pointed);
	elements.steps.textContent = state.steps.toLocaleString("en");
	elements.accuracy.textContent = state.accuracy === null ? "–" : `${(100 * state.accuracy).toFixed(1)} %`;
	elements.loss.textContent = Number.isFinite(state.loss) ? state.loss.toFixed(3) : "–";
	elements.speed.textContent = state.speed ? ` (${Math.round(state.speed / 10) * 10}/s)` : "";
}

function showDigit({ offsetX, offsetY }) {
	pointAt(space.nearest(offsetX, offsetY));
}

function pointAt(index) {
	pointed = index;
	elements.digit.hidden = index < 0;
	sayDigit(index);
	if (index < 0) return;
	const image = new ImageData(SIDE, SIDE);
	const shades = [1, 3, 5].map((at) => parseInt(theme().ink.slice(at, at + 2), 16));
	const pixels = digits.heldOut.pixels.subarray(index * SIDE * SIDE, (index + 1) * SIDE * SIDE);
	pixels.forEach((grey, i) => image.data.set([...shades, grey], 4 * i));
	elements.digit.getContext("2d").putImageData(image, 0, 0);
}

function sayDigit(index) {
	const theta = angleOf(index);
	curve.draw(settings.spec, theme(), theta);
	if (theta === null) {
		elements.what.textContent = "Point at a dot to see its digit.";
		return;
	}
	const [label, prediction] = [digits.heldOut.labels[index], state.predictions[index]];
	const degrees = ((theta * 180) / Math.PI).toFixed(0);
	const verdict = label === prediction ? "predicted right" : `predicted as ${space.names[prediction]}`;
	elements.what.textContent = `A ${space.names[label]}, ${verdict}; ${degrees}° from its class`;
}

async function unpacked(id) {
	const bytes = Uint8Array.from(atob(elements[id].textContent), (letter) => letter.charCodeAt(0));
	const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
	return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function begin() {
	const [pixels, labels] = [await unpacked("pixels"), await unpacked("labels")];
	const cut = labels.length - HELD_OUT;
	const part = (from, to = labels.length) => ({
		pixels: pixels.slice(from * SIDE * SIDE, to * SIDE * SIDE), labels: labels.slice(from, to),
	});
	allDigits = { train: part(0, cut), heldOut: part(cut) };
	chooseClasses();
}

function chooseClasses() {
	if (!allDigits) return;
	const { classes } = settings;
	for (const box of settings.digitBoxes) box.disabled = box.checked && classes.length === 2;
	[state, pointed] = [null, -1];
	space.use(classes, classes.map((digit) => pageData.colors[digit]));
	digits = { train: withClasses(allDigits.train, classes), heldOut: withClasses(allDigits.heldOut, classes) };
	worker.postMessage({ type: "digits", ...digits });
}

const source = new Blob([elements.worker.textContent], { type: "text/javascript" });
const worker = new Worker(URL.createObjectURL(source));
worker.onmessage = ({ data }) => messages[data.type](data);
elements.preset.addEventListener("change", () => {
	settings.usePreset();
	sayLoss();
	reset();
});
for (const name of [...SLIDERS, ...BOXES, "rate"]) elements[name].addEventListener("input", changed);
for (const name of ["batch", "seed"]) elements[name].addEventListener("change", reset);
elements.classes.addEventListener("change", chooseClasses);
elements.controls.addEventListener("change", () => history.replaceState(null, "", settings.address));
elements.play.addEventListener("click", () => play(!playing));
elements.step.addEventListener("click", () => {
	play(false);
	worker.postMessage({ type: "step" });
});
elements.reset.addEventListener("click", reset);
elements.space.addEventListener("pointermove", showDigit);
elements.space.addEventListener("pointerleave", () => pointAt(-1));
addEventListener("resize", () => (space.resize(), sayLoss(), paint()));
addEventListener("hashchange", () => {
	settings.follow(location.hash);
	chooseClasses();
	sayLoss();
});
darkScheme.addEventListener("change", () => (sayLoss(), paint()));
document.addEventListener("visibilitychange", () => {
	worker.postMessage({ type: playing && !document.hidden ? "play" : "pause" });
});
settings.follow(location.hash);
sayLoss();
space.resize();
begin();
