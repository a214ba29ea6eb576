// The image looked at: its picture, its class, and what each loss makes of it.

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

function tellRow(pane, index) {
	const { run } = pane;
	const cells = (...contents) => make("tr", {}, ...contents.map((content) => make("td", {}, ...content)));
	if (index < 0) return cells([run.name], ["not shown"]);
	const { label, own, next, runnerUp } = lookAt(pane, index);
	const said = pane.says(index);
	const style = `background: ${run.colors[said]}; color: ${run.onColors[said]}`;
	const badge = make("span", { style }, run.classes[said]);
	const measured = (value) => (run.byDistance ? value.toPrecision(3) : `${((value * 360) / TURN).toFixed(1)}°`);
	return cells([run.name], [badge, said === label ? "" : " ✗"], [measured(own)], [`${measured(next)} (${run.classes[runnerUp]})`]);
}

// How far an image is from its class and from the best other: in radians, or the distance where cells decide.
function lookAt({ run, split, row }, index) {
	const { weights, byDistance, [split]: { x, y, labels, count } } = run;
	const [px, py] = [x, y].map((axis) => axis[row * count + index]);
	const distance = ([angle, length]) => Math.hypot(px - length * Math.cos(angle), py - length * Math.sin(angle));
	const angleTo = ([angle]) => Math.acos(Math.cos(angle - Math.atan2(py, px)));
	const far = weights[row].map(byDistance ? distance : angleTo);
	const logits = weights[row].map(([, length], j) => (byDistance ? -far[j] : length * Math.cos(far[j])));
	const label = labels[index];
	const runnerUp = logits.indexOf(Math.max(...logits.filter((_, j) => j !== label)));
	return { label, own: far[label], next: far[runnerUp], runnerUp };
}
