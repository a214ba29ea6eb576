// The image looked at: its picture, its class, and what each loss makes of it.

import { classDistances } from "./class_distances.mjs";
import { drawDigit } from "./digits.mjs";
import { createElement, elements } from "./elements.mjs";
import { TURN } from "./numbers.mjs";
import { pageData } from "./page_data.mjs";

export function tellImage(panes, { focus, pinned }) {
	const pane = panes.find((candidate) => candidate.indexOf(focus) >= 0);
	document.body.classList.toggle("looking", Boolean(pane));
	elements.close.hidden = !pinned;
	if (!pane) return;
	const { run, set, split } = pane;
	const index = pane.indexOf(focus);
	const label = run[split].labels[index];
	drawDigit(set[split], index, elements.digit).style.borderColor = run.colors[label];
	const { splitNames, pictures } = pageData;
	elements.digit.hidden = !pictures;
	const what = `${splitNames[split]} ${pictures ? "image" : "point"}`;
	elements.which.textContent = `${what} ${focus.number.toLocaleString("en")}`;
	elements.what.textContent = elements.digit.ariaLabel = `class ${run.classes[label]}`;
	elements.rows.replaceChildren(...panes.map((each) => rowOf(each, each.indexOf(focus))));
}

function rowOf(pane, index) {
	const { run, row } = pane;
	if (index < 0) return tableRow([run.name], ["not shown"]);
	const { x, y, labels, count } = pane.points;
	const label = labels[index];
	const feature = [x[row * count + index], y[row * count + index]];
	const { own, next, runnerUp } = classDistances(run.weights[row], feature, label, run.byDistance);
	const predicted = pane.predictionOf(index);
	const style = `background: ${run.colors[predicted]}; color: ${run.onColors[predicted]}`;
	const badge = createElement("span", { style }, run.classes[predicted]);
	const inWords = (value) => (run.byDistance ? value.toPrecision(3) : `${((value * 360) / TURN).toFixed(1)}°`);
	const nextInWords = `${inWords(next)} (${run.classes[runnerUp]})`;
	const prediction = run.predicts ? [badge, predicted === label ? "" : " ✗"] : ["–"];
	const angles = run.exact ? [[inWords(own)], [nextInWords]] : [];
	return tableRow([run.name], prediction, ...angles);
}

function tableRow(...cells) {
	return createElement("tr", {}, ...cells.map((content) => createElement("td", {}, ...content)));
}
