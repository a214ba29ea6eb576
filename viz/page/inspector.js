// What is known of the image that is looked at: its picture, its class, and what each loss makes of it.

function tellImage(panes, focus) {
	const pane = panes.find((candidate) => candidate.indexOf(focus) !== undefined);
	document.body.classList.toggle("looking", Boolean(pane));
	page.which.textContent = "Which image is that?";
	page.what.textContent = "Point at a dot to see it, click to keep it.";
	if (!pane) return;
	const { run, set, split } = pane;
	const index = pane.indexOf(focus);
	const label = run[split].labels[index];
	drawDigit(page.digit, digit(set[split], index));
	page.digit.style.borderColor = run.colors[label];
	page.which.textContent = `${split} image ${focus.number.toLocaleString("en")}`;
	page.what.textContent = page.digit.ariaLabel = `class ${run.classes[label]}`;
	page.rows.replaceChildren(...panes.map((each) => tellRow(each, each.indexOf(focus))));
}

function tellRow({ run, split, row }, index) {
	const cells = (...contents) => make("tr", {}, ...contents.map((content) => make("td", {}, ...content)));
	if (index === undefined) return cells([run.name], ["not shown"]);
	const { label, prediction, own, next, runnerUp } = lookAt(run, split, row, index);
	const measured = (value) => (run.cells ? value.toPrecision(3) : `${((value * 360) / TURN).toFixed(1)}°`);
	const badge = make("span", {}, run.classes[prediction]);
	Object.assign(badge.style, { background: run.colors[prediction], color: run.onColors[prediction] });
	const wrong = prediction === label ? "" : " ✗";
	return cells([run.name], [badge, wrong], [measured(own)], [`${measured(next)} (${run.classes[runnerUp]})`]);
}

// Of an image at a snapshot: prediction, and the angle (radians; the distance where the nearest class wins) to its class
// and to the best of the others.
function lookAt(run, split, row, index) {
	const { x, y, predictions, labels, count } = run[split];
	const at = row * count + index;
	const weight = (_, j) => [0, 1].map((axis) => run.weights[2 * (row * run.classes.length + j) + axis]);
	const weights = run.classes.map(weight);
	const measures = weights.map((w) =>
		run.cells ? Math.hypot(x[at] - w[0], y[at] - w[1]) : Math.abs(toward(direction([x[at], y[at]]), direction(w))),
	);
	const logit = ([wx, wy], j) => (run.cells ? -measures[j] : wx * x[at] + wy * y[at]);
	const scores = effective(weights, run.spec).map(logit);
	const label = labels[index];
	const runnerUp = scores.indexOf(Math.max(...scores.filter((_, j) => j !== label)));
	return { label, prediction: predictions[at], own: measures[label], next: measures[runnerUp], runnerUp };
}
