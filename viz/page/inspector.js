// What is known of the image that is looked at: its picture, its class, and what each loss makes of it.

function tellImage(panes, { focus, pinned }) {
	const pane = panes.find((candidate) => candidate.indexOf(focus) >= 0);
	document.body.classList.toggle("looking", Boolean(pane));
	page.close.hidden = !pinned;
	if (!pane) return;
	const { run, set, split } = pane;
	const index = pane.indexOf(focus);
	const label = run[split].labels[index];
	drawDigit(set[split], index, page.digit).style.borderColor = run.colors[label];
	page.which.textContent = `${split} image ${focus.number.toLocaleString("en")}`;
	page.what.textContent = page.digit.ariaLabel = `class ${run.classes[label]}`;
	page.rows.replaceChildren(...panes.map((each) => tellRow(each, each.indexOf(focus))));
}

function tellRow({ run, split, row }, index) {
	const cells = (...contents) => make("tr", {}, ...contents.map((content) => make("td", {}, ...content)));
	if (index < 0) return cells([run.name], ["not shown"]);
	const { label, own, next, runnerUp } = lookAt(run, split, row, index);
	const said = run[split].predictions[row * run[split].count + index];
	const badge = make("span", {}, run.classes[said]);
	Object.assign(badge.style, { background: run.colors[said], color: run.onColors[said] });
	const measured = (value) => (run.cells ? value.toPrecision(3) : `${((value * 360) / TURN).toFixed(1)}°`);
	return cells([run.name], [badge, said === label ? "" : " ✗"], [measured(own)], [`${measured(next)} (${run.classes[runnerUp]})`]);
}

// How far an image is at a snapshot from its class and from the best of the others: the angle in radians, or the distance
// where the nearest class wins.
function lookAt(run, split, row, index) {
	const { x, y, labels, count } = run[split];
	const [px, py] = [x, y].map((axis) => axis[row * count + index]);
	const distance = ([angle, length]) => Math.hypot(px - length * Math.cos(angle), py - length * Math.sin(angle));
	const far = run.weights[row].map((weight) => (run.cells ? distance(weight) : apart(weight[0], Math.atan2(py, px))));
	const scores = run.weights[row].map(([, length], j) => (run.cells ? -far[j] : length * Math.cos(far[j])));
	const label = labels[index];
	const runnerUp = scores.indexOf(Math.max(...scores.filter((_, j) => j !== label)));
	return { label, own: far[label], next: far[runnerUp], runnerUp };
}
