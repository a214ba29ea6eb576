// What is known of the image that is looked at: its picture, its class, and what each loss makes of it.

const measured = (run, value) => (run.cells ? value.toPrecision(3) : `${((value * 360) / TURN).toFixed(1)}°`);

function tellImage(panes, focus) {
	const pane = panes.find((candidate) => candidate.indexOf(focus) !== undefined);
	document.body.classList.toggle("looking", Boolean(pane));
	element("image-title").textContent = "Which image is that?";
	element("image-label").textContent = "Point at a dot to see it, click to keep it.";
	if (!pane) return;
	const { run, set, split } = pane;
	const index = pane.indexOf(focus);
	const label = run[split].labels[index];
	drawDigit(element("digit"), digit(set[split], index));
	element("digit").style.borderColor = run.colors[label];
	element("image-title").textContent = `${split === "train" ? "training" : "test"} image ${focus.number.toLocaleString("en")}`;
	element("image-label").textContent = `class ${run.classes[label]}`;
	element("digit").setAttribute("aria-label", element("image-label").textContent);
	const body = element("image-table").tBodies[0];
	body.replaceChildren();
	for (const each of panes) tellRow(body.insertRow(), each, each.indexOf(focus));
}

function tellRow(row, { run, split, row: snapshot }, index) {
	const cell = (...content) => row.insertCell().append(...content);
	cell(run.name);
	if (index === undefined) return cell("not shown here");
	const { label, prediction, own, next, runnerUp } = lookAt(run, split, snapshot, index);
	const badge = document.createElement("span");
	badge.textContent = run.classes[prediction];
	badge.style.background = run.colors[prediction];
	badge.style.color = run.onColors[prediction];
	cell(badge, prediction === label ? "" : " ✗");
	cell(measured(run, own));
	return cell(`${measured(run, next)} (${run.classes[runnerUp]})`);
}

// Of an image at a snapshot: prediction, and the angle (radians; the distance where the nearest class wins) to its class
// and to the best of the others.
function lookAt(run, split, snapshot, index) {
	const { x, y, predictions, labels, count } = run[split];
	const at = snapshot * count + index;
	const weight = (_, j) => [0, 1].map((axis) => run.weights[2 * (snapshot * run.classes.length + j) + axis]);
	const weights = run.classes.map(weight);
	const measures = weights.map((w) =>
		run.cells ? Math.hypot(x[at] - w[0], y[at] - w[1]) : Math.abs(toward(direction([x[at], y[at]]), direction(w))),
	);
	const logits = effective(weights, run.spec).map(([wx, wy]) => wx * x[at] + wy * y[at]);
	const scores = run.cells ? measures.map((distance) => -distance) : logits;
	const label = labels[index];
	const runnerUp = scores.indexOf(Math.max(...scores.filter((_, j) => j !== label)));
	return { label, prediction: predictions[at], own: measures[label], next: measures[runnerUp], runnerUp };
}
