// What stands in words and numbers around the panes.

import { elements } from "./elements.mjs";

export function tellControls({ clock, view, panes }, epoch) {
	elements.epoch.textContent = elements.time.ariaValueText = `epoch ${epoch}`;
	elements.play.ariaLabel = clock.playing ? "Pause" : "Play";
	elements[view.split].checked = true;
	elements.only.checked = view.errorsOnly;
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
	pane.part("accuracy-of").textContent = `${split} accuracy` + (there === epoch ? "" : `, epoch ${there}`);
	pane.part("marks").ariaLabel = `${run.name}, epoch ${there}`;
	pane.part("legend").textContent = run.legend[Number(pane.ringed)];
}
