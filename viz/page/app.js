// The page: what is looked at, and what is drawn and told when.

// view: what is shown of the moment. pinned, hover: images { data, split, number } that are looked at, or null.
class App {
	view = { split: "test", hidden: new Set(), errorsOnly: false, pinned: null, hover: null, near: null };
	clock = new Clock();

	constructor(runs) {
		this.panes = runs.map((run) => new Pane(run));
		this.most = runs.reduce((a, b) => (b.classes.length > a.classes.length ? b : a));
		this.errors = new Errors(this.panes, (focus) => this.pin(focus));
		element("panes").append(...this.panes.map((pane) => pane.root));
		listen(this);
		this.follow();
		this.resize();
	}

	get focus() {
		return this.view.hover ?? this.view.pinned;
	}

	// Draws on the next frame.
	repaint() {
		this.frame ??= requestAnimationFrame((now) => this.draw(now));
	}

	draw(now) {
		this.frame = null;
		const { clock } = this;
		if (!clock.resting) clock.tick((now - (this.before ?? now)) / 1000);
		this.before = clock.resting ? null : now;
		const view = { ...this.view, focus: this.focus };
		for (const pane of this.panes) pane.show(momentOf(pane.run, clock.shown), view);
		element("time").value = clock.position;
		this.tell(Math.floor(clock.shown), view);
		if (!clock.resting) this.repaint();
	}

	// Numbers, lists and the address, when they are others than before.
	tell(index, view) {
		const list = JSON.stringify([index, view.split, [...view.hidden], dark.matches]);
		const all = JSON.stringify([list, view.focus, view.pinned, view.errorsOnly, this.clock.resting, this.clock.playing]);
		if (all === this.told) return;
		this.told = all;
		tellControls(this, EPOCHS[index]);
		for (const pane of this.panes) tellReadings(pane, EPOCHS[index]);
		tellImage(this.panes, view.focus);
		if (!this.clock.resting) return;
		if (list !== this.listed) this.errors.show(view);
		else this.errors.mark(view.focus);
		this.listed = list;
		history.replaceState(null, "", toHash(view, EPOCHS[index]));
	}

	set(changes) {
		Object.assign(this.view, { hover: null, near: null }, changes);
		if (this.view.pinned?.split !== this.view.split) this.view.pinned = null;
		this.repaint();
	}

	toggle(label) {
		const hidden = new Set(this.view.hidden);
		if (!hidden.delete(label)) hidden.add(label);
		this.set({ hidden });
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
		const { position, number, ...changes } = fromHash(location.hash, this.most.classes.length);
		this.set({ ...changes, pinned: null });
		if (number !== null) this.search(number);
		this.clock.go(position, false);
	}

	resize() {
		const side = layOut(this.panes.length);
		for (const pane of this.panes) pane.resize(side);
		this.repaint();
	}
}

function tellControls({ clock, view, panes }, epoch) {
	element("epoch").textContent = epochText(epoch);
	element("time").setAttribute("aria-valuetext", epochText(epoch));
	element("play").setAttribute("aria-label", clock.playing ? "Pause" : "Play");
	document.querySelector(`[name=split][value=${view.split}]`).checked = true;
	element("errors-only").checked = view.errorsOnly;
	[...element("classes").children].forEach((chip, label) => chip.setAttribute("aria-pressed", !view.hidden.has(label)));
	element("shown").textContent = [...new Set(panes.map((pane) => pane.set[view.split].shown))].join("; ");
}

// What was measured at the snapshot, of all its points, as metrics.csv has it.
function tellReadings({ run, row, split, part }, epoch) {
	const say = (name, value, digits, unit) => (part(name).textContent = value == null ? "–" : value.toFixed(digits) + unit);
	const metrics = run.metrics[row];
	const behind = Math.abs(run.epochs[row] - epoch) > 1e-9 ? `, ${epochText(run.epochs[row])}` : "";
	const right = metrics[`${split}_accuracy`];
	say("accuracy", right == null ? null : 100 * right, 2, " %");
	say("gap", metrics.centre_gap, 1, "°");
	say("mean", metrics[`${split}_angle`], 1, "°");
	part("accuracy-of").textContent = `${split} accuracy${behind}`;
	part("marks").setAttribute("aria-label", `${run.name}, ${epochText(run.epochs[row])}`);
}

// As large as the window lets the panes be, readings below or beside; on small screens below each other. The side.
function layOut(count) {
	const root = element("panes");
	const rem = parseFloat(getComputedStyle(root).fontSize);
	const width = root.clientWidth;
	const height = innerHeight - root.offsetTop - element("transport").offsetHeight - rem;
	const fits = (columns, beside) => {
		const [across, up] = [width / columns - 1.5 * rem, height / Math.ceil(count / columns) - rem];
		return { columns, beside, side: Math.floor(beside ? Math.min(up, across - 14 * rem) : Math.min(across, up - 10.5 * rem)) };
	};
	const scrolling = Math.max(1, Math.min(count, Math.floor(width / (19 * rem))));
	let best = { columns: scrolling, beside: false, side: Math.floor(width / scrolling - (scrolling > 1 ? 1.5 * rem : 0)) };
	const least = innerWidth < 900 ? Infinity : 17 * rem;
	const options = Array.from({ length: 2 * count }, (_, i) => fits(1 + (i >> 1), i % 2 === 1));
	const largest = options.reduce((a, b) => (b.side > a.side ? b : a));
	if (largest.side >= least) best = largest;
	root.style.setProperty("--columns", best.columns);
	root.style.setProperty("--side", `${best.side}px`);
	root.classList.toggle("beside", best.beside);
	return best.side;
}

async function start() {
	const [runs] = await Promise.all([Promise.all(ABOUT.runs.map(readRun)), Promise.all(ABOUT.sets.map(readDigits))]);
	element("time").max = LAST;
	element("side").style.setProperty("--runs", runs.length);
	return new App(runs);
}

const started = start();
