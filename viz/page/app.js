// The page: what is looked at, and what is drawn and told when.

// view: what is shown of a moment. pinned, hover: images { data, split, number } or null; focus: the one looked at.
// near: the number of the pane that the pointer is in.
class App {
	view = { split: "test", hidden: [], errorsOnly: false, pinned: null, hover: null, near: null };
	clock = new Clock();

	constructor(runs) {
		this.panes = runs.map((run) => new Pane(run));
		this.most = runs.reduce((a, b) => (b.classes.length > a.classes.length ? b : a));
		this.errors = new Errors(this.panes, (focus) => this.pin(focus));
		page.panes.append(...this.panes.map((pane) => pane.root));
		listen(this);
		this.follow();
		this.resize();
	}

	// Draws on the next frame.
	repaint() {
		this.frame ??= requestAnimationFrame((now) => this.draw(now));
	}

	draw(now) {
		const { clock, panes, view } = this;
		this.frame = null;
		if (!clock.resting) clock.tick((now - (this.before ?? now)) / 1000);
		this.before = clock.resting ? null : now;
		panes.forEach((pane, number) => pane.show(momentOf(pane.run, clock.shown), view, view.near === number));
		page.time.value = clock.position;
		this.tell(Math.floor(clock.shown));
		if (!clock.resting) this.repaint();
	}

	// Numbers, lists and the address, when they are others than before.
	tell(index) {
		const { clock, panes, view } = this;
		const list = JSON.stringify([index, view.split, view.hidden, dark.matches]);
		const all = JSON.stringify([list, view, clock.resting, clock.playing]);
		if (all === this.told) return;
		this.told = all;
		tellControls(this, epochText(EPOCHS[index]));
		for (const pane of panes) tellReadings(pane, EPOCHS[index]);
		tellImage(panes, view.focus);
		if (!clock.resting) return;
		if (list !== this.listed) this.errors.show(view);
		this.errors.mark(view.focus);
		this.listed = list;
		history.replaceState(null, "", toHash(view, EPOCHS[index]));
	}

	set(changes) {
		const view = Object.assign(this.view, { hover: null, near: null }, changes);
		if (view.pinned?.split !== view.split) view.pinned = null;
		view.focus = view.hover ?? view.pinned;
		this.repaint();
	}

	toggle(label) {
		const others = this.view.hidden.filter((hidden) => hidden !== label);
		this.set({ hidden: others.length < this.view.hidden.length ? others : [...others, label].sort((a, b) => a - b) });
	}

	pin(focus) {
		this.set({ pinned: focus && { data: focus.data, split: focus.split, number: focus.number } });
	}

	// Looks at an image by its number in the split; false if it is on no pane.
	search(number) {
		const { split } = this.view;
		const pane = this.panes.find((candidate) => candidate.index[split].has(number));
		if (pane) this.pin({ data: pane.set.data, split, number });
		return Boolean(pane);
	}

	follow() {
		const { position, number, ...changes } = fromHash(location.hash);
		this.set({ ...changes, pinned: null });
		this.search(number);
		this.clock.go(position, false);
	}

	resize() {
		const side = layOut(this.panes.length);
		for (const pane of this.panes) pane.resize(side);
		this.repaint();
	}
}

function tellControls({ clock, view, panes }, epoch) {
	page.epoch.textContent = page.time.ariaValueText = epoch;
	page.play.ariaLabel = clock.playing ? "Pause" : "Play";
	page[view.split].checked = true;
	page.only.checked = view.errorsOnly;
	[...page.classes.children].forEach((chip, label) => (chip.ariaPressed = !view.hidden.includes(label)));
	page.shown.textContent = [...new Set(panes.map((pane) => pane.set[view.split].shown))].join("; ");
}

// What was measured at the snapshot, of all its points, as metrics.csv has it.
function tellReadings({ run, row, split, part }, epoch) {
	const say = (name, value, digits, unit) => (part(name).textContent = value == null ? "–" : value.toFixed(digits) + unit);
	const metrics = run.metrics[row];
	say("accuracy", metrics[`${split}_accuracy`] * 100, 2, " %");
	say("gap", metrics.centre_gap, 1, "°");
	say("mean", metrics[`${split}_angle`], 1, "°");
	const behind = Math.abs(run.epochs[row] - epoch) > 1e-9 ? `, ${epochText(run.epochs[row])}` : "";
	part("accuracy-of").textContent = `${split} accuracy${behind}`;
	part("marks").ariaLabel = `${run.name}, ${epochText(run.epochs[row])}`;
}

// As large as the window lets the panes be, readings below or beside; on small screens below each other. The side.
function layOut(count) {
	const { style, clientWidth: width, classList } = page.panes;
	const rem = parseFloat(getComputedStyle(page.panes).fontSize);
	const height = innerHeight - page.panes.offsetTop - page.transport.offsetHeight - rem;
	const most = Math.max(1, Math.min(count, Math.floor(width / (19 * rem))));
	const scrolling = Math.ceil(count / Math.ceil(count / most));
	let best = { columns: scrolling, side: width / scrolling - (scrolling > 1 ? 1.5 * rem : 0) };
	let largest = innerWidth < 900 ? Infinity : 15 * rem;
	for (let columns = 1; columns <= count; columns++) {
		const [across, up] = [width / columns - 1.5 * rem, height / Math.ceil(count / columns) - rem];
		const beside = across - up > 7 * rem && up > 23 * rem;
		const side = beside ? Math.min(up, across - 14 * rem) : Math.min(across, up - 11 * rem);
		if (side > largest) [largest, best] = [side, { columns, side, beside }];
	}
	style.setProperty("--columns", best.columns);
	style.setProperty("--side", `${Math.floor(best.side)}px`);
	classList.toggle("beside", Boolean(best.beside));
	return Math.floor(best.side);
}

async function start() {
	const [runs] = await Promise.all([Promise.all(ABOUT.runs.map(readRun)), Promise.all(ABOUT.sets.map(readDigits))]);
	page.time.max = LAST;
	page.side.style.setProperty("--runs", runs.length);
	return new App(runs);
}

const started = start();
