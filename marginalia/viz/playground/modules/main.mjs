// The page: controls, messages of the worker, and the picture.

import { Space } from "./space.mjs";

const elements = Object.fromEntries([...document.querySelectorAll("[id]")].map((found) => [found.id, found]));
const pageData = JSON.parse(elements["page-data"].textContent);
const SLIDERS = ["s", "m1", "m2", "m3"];
const SIDE = 28;
const HELD_OUT = 2000;
const ENOUGH_STEPS = 1500;
const STUCK = 0.75;

const space = new Space(elements.space, pageData.colors);
const darkScheme = matchMedia("(prefers-color-scheme: dark)");
let state = null;
let digits = null;
let playing = true;

function spec() {
	const [s, m1, m2, m3] = SLIDERS.map((name) => Number(elements[name].value));
	return { wNorm: elements["w-norm"].checked, xNorm: elements["x-norm"].checked, s: 2 ** s, m1, m2, m3 };
}

function rate() {
	return Number(elements.rate.value);
}

function choosePreset(name) {
	const preset = pageData.presets[name];
	if (!preset) return;
	elements["w-norm"].checked = preset.wNorm;
	elements["x-norm"].checked = preset.xNorm;
	elements.s.value = Math.log2(preset.s);
	for (const key of ["m1", "m2", "m3"]) elements[key].value = preset[key];
	sayNumbers();
}

function sayNumbers() {
	const { wNorm, xNorm, s, m1, m2, m3 } = spec();
	const round = (value) => Number(value.toPrecision(3)).toString();
	for (const [name, value] of Object.entries({ s, m1, m2, m3 })) elements[`${name}-value`].textContent = round(value);
	const bent = `${m1 === 1 ? "" : round(m1)}θ${m2 ? ` + ${round(m2)}` : ""}`;
	const scale = `${s === 1 ? "" : `${round(s)} `}${wNorm ? "" : "|w| "}${xNorm ? "" : "|x| "}`;
	elements.target.textContent = `${scale}(cos(${bent})${m3 ? ` − ${round(m3)}` : ""})`;
	elements.other.textContent = `${scale}cos θ`;
	elements.degrees.textContent = m2 ? `m2 = ${((m2 * 180) / Math.PI).toFixed(0)}°` : "";
}

function play(on) {
	playing = on;
	elements.play.textContent = on ? "Pause" : "Play";
	worker.postMessage({ type: on ? "play" : "pause" });
}

function reset() {
	elements.trouble.hidden = true;
	space.rim = 0;
	worker.postMessage({ type: "reset", spec: spec(), rate: rate(), seed: Number(elements.seed.value) });
	play(playing);
}

function changed() {
	elements.preset.value = "custom";
	sayNumbers();
	worker.postMessage({ type: "change", spec: spec(), rate: rate() });
}

const messages = {
	ready: reset,

	state(message) {
		state = message;
		requestAnimationFrame(paint);
	},

	diverged({ step }) {
		sayTrouble(`The loss is no longer a number after step ${step.toLocaleString("en")}.`);
		play(false);
	},
};

function sayTrouble(what) {
	const { s, m1, m2, m3 } = spec();
	const large = s > 16 || m1 > 3 || m2 > 0.6 || m3 > 0.3;
	const advice = large
		? "Scale and margin are too large for ten classes in two dimensions: take a smaller s or m, then Reset."
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
	const theme = pageData.themes[darkScheme.matches ? "dark" : "light"];
	space.draw(state, digits.heldOut.labels, theme);
	elements.steps.textContent = state.steps.toLocaleString("en");
	elements.accuracy.textContent = state.accuracy === null ? "–" : `${(100 * state.accuracy).toFixed(1)} %`;
	elements.loss.textContent = Number.isFinite(state.loss) ? state.loss.toFixed(3) : "–";
	elements.speed.textContent = state.speed ? `${Math.round(state.speed / 10) * 10} steps a second` : "";
}

function showDigit({ offsetX, offsetY }) {
	const index = space.nearest(offsetX, offsetY);
	elements.digit.hidden = index < 0;
	elements.what.textContent = index < 0 ? "Point at a dot to see its digit." : sayDigit(index);
	if (index < 0) return;
	const image = new ImageData(SIDE, SIDE);
	const ink = pageData.themes[darkScheme.matches ? "dark" : "light"].ink;
	const shades = [1, 3, 5].map((at) => parseInt(ink.slice(at, at + 2), 16));
	const pixels = digits.heldOut.pixels.subarray(index * SIDE * SIDE, (index + 1) * SIDE * SIDE);
	pixels.forEach((grey, i) => image.data.set([...shades, grey], 4 * i));
	elements.digit.getContext("2d").putImageData(image, 0, 0);
}

function sayDigit(index) {
	const [label, prediction] = [digits.heldOut.labels[index], state.predictions[index]];
	return `A ${label}${label === prediction ? ", predicted right" : `, predicted as ${prediction}`}`;
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
	digits = { train: part(0, cut), heldOut: part(cut) };
	worker.postMessage({ type: "digits", ...digits });
}

const source = new Blob([elements.worker.textContent], { type: "text/javascript" });
const worker = new Worker(URL.createObjectURL(source));
worker.onmessage = ({ data }) => messages[data.type](data);
elements.preset.addEventListener("change", () => {
	choosePreset(elements.preset.value);
	reset();
});
for (const name of [...SLIDERS, "w-norm", "x-norm", "rate"]) elements[name].addEventListener("input", changed);
elements.play.addEventListener("click", () => play(!playing));
elements.step.addEventListener("click", () => {
	play(false);
	worker.postMessage({ type: "step" });
});
elements.reset.addEventListener("click", reset);
elements.seed.addEventListener("change", reset);
elements.space.addEventListener("pointermove", showDigit);
addEventListener("resize", () => (space.resize(), paint()));
darkScheme.addEventListener("change", paint);
document.addEventListener("visibilitychange", () => {
	worker.postMessage({ type: playing && !document.hidden ? "play" : "pause" });
});
choosePreset(elements.preset.value);
space.resize();
begin();
