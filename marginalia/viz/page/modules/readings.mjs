// What stands in words and numbers around the panes.

import { differenceInWords } from "./differences.mjs";
import { createElement, elements } from "./elements.mjs";
import { pageData } from "./page_data.mjs";

const NO_BREAK_SPACE = "\u00a0";

// Two runs of the same images can be told apart point by point.
export function offerDifferences({ comparable, panes }) {
	elements.differences.hidden = !comparable;
	if (!comparable) return;
	const options = [0, 1].map((value) => createElement("option", { value }, differenceInWords(panes, value)));
	elements.difference.append(...options);
}

export function tellControls({ clock, view, panes }, epoch) {
	elements.epoch.textContent = elements.time.ariaValueText = epochInWords(epoch);
	elements.play.ariaLabel = clock.playing ? "Pause" : "Play";
	elements[view.split].checked = true;
	elements.only.checked = view.errorsOnly;
	elements.difference.value = view.difference ?? "";
	[...elements.classes.children].forEach((chip, label) => (chip.ariaPressed = !view.hidden.includes(label)));
	elements.shown.textContent = [...new Set(panes.map((pane) => pane.set[view.split].shown))].join("; ");
	if (document.activeElement === elements.number) return;
	elements.number.value = view.pinned?.number ?? "";
	elements.answer.textContent = "";
}

export function tellReadings(pane, epoch) {
	const { run, row, split } = pane;
	const there = run.epochs[row];
	for (const [name, text] of Object.entries(run.readings[split][row])) pane.part(name).textContent = text;
	elements.mistakes.hidden = elements.only.parentElement.hidden = !run.predicts;
	const accuracy = `${pageData.splitNames[split]} accuracy`;
	pane.part("accuracy-of").textContent = accuracy + (there === epoch ? "" : `, ${epochInWords(there)}`);
	pane.part("marks").ariaLabel = `${run.name}, ${epochInWords(there)}`;
	pane.part("legend").textContent = run.legend[Number(pane.ringed)];
	pane.part("lengths").textContent = lengthsInWords(pane);
}

function epochInWords(epoch) {
	return `epoch ${pageData.epochNames[pageData.epochs.indexOf(epoch)]}`;
}

// How long the features in the picture are, and how many are longer; a reader who zooms keeps the scale.
function lengthsInWords({ run, row, split, zoom }) {
	if (zoom.rim === null) return run.lengths[split][row];
	const rim = Number(zoom.rim.toPrecision(2)).toLocaleString("en");
	return [`|x| up to ${rim},`, "scale kept"].map((part) => part.replaceAll(" ", NO_BREAK_SPACE)).join(" ");
}
