// The page: what is looked at, and what is drawn and told when.

// view: what is shown of a moment. pinned, hover: images { data, split, number } or null; focus: the one looked at.
// near: the number of the pane that the pointer is in.
class App {
	view = { split: "test", hidden: [], errorsOnly: false, pinned: null, hover: null, near: null };
	clock = new Clock();

	constructor(runs) {
		this.panes = runs.map((run, number) => new Pane(run, page.panes.children[number]));
		this.errors = new Errors(this.panes, (focus) => this.pin(focus));
		page.time.max = LAST;
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
		tellControls(this, EPOCHS[index]);
		for (const pane of panes) tellReadings(pane, EPOCHS[index]);
		tellImage(panes, view);
		if (!clock.resting) return;
		if (list === this.listed) this.errors.mark(view.focus);
		else this.errors.show(view);
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
		const { hidden } = this.view;
		this.set({ hidden: hidden.includes(label) ? hidden.filter((other) => other !== label) : [...hidden, label] });
	}

	pin(focus) {
		this.set({ pinned: focus && { data: focus.data, split: focus.split, number: focus.number } });
	}

	// Looks at an image by its number in the split; false if it is on no pane.
	search(number) {
		const { split } = this.view;
		const pane = this.panes.find(({ set }) => set[split].numbers.includes(number));
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
	page.epoch.textContent = page.time.ariaValueText = `epoch ${epoch}`;
	page.play.ariaLabel = clock.playing ? "Pause" : "Play";
	page[view.split].checked = true;
	page.only.checked = view.errorsOnly;
	[...page.classes.children].forEach((chip, label) => (chip.ariaPressed = !view.hidden.includes(label)));
	page.shown.textContent = [...new Set(panes.map((pane) => pane.set[view.split].shown))].join("; ");
	if (document.activeElement === page.number) return;
	page.number.value = view.pinned?.number ?? "";
	page.answer.textContent = "";
}

// What was measured at the snapshot, of all its points, as metrics.csv has it.
function tellReadings({ run, row, split, part, ringed }, epoch) {
	const there = run.epochs[row];
	for (const [name, text] of Object.entries(run.readings[split][row])) part(name).textContent = text;
	part("accuracy-of").textContent = `${split} accuracy` + (there === epoch ? "" : `, epoch ${there}`);
	part("marks").ariaLabel = `${run.name}, epoch ${there}`;
	part("legend").textContent = run.legend[Number(ringed)];
}

// As large as the window lets the panes be, readings below or beside. The side of the feature spaces.
function layOut(count) {
	const { style, clientWidth, classList } = page.panes;
	const rem = parseFloat(getComputedStyle(page.panes).fontSize);
	const room = innerHeight - page.panes.offsetTop - page.transport.offsetHeight - rem;
	const inRows = (rows, height, readings) => {
		const columns = Math.ceil(count / rows);
		const width = (clientWidth + 1.5 * rem) / columns - 1.5 * rem;
		const below = Math.min(width, height - readings);
		const beside = height > 24 * rem ? Math.min(height, width - 14 * rem) : 0;
		return { columns, side: Math.floor(Math.max(below, beside)), beside: beside > below };
	};
	const fitting = Array.from({ length: count }, (_, i) => inRows(i + 1, room / (i + 1) - rem, 11 * rem));
	let best = fitting.reduce((a, b) => (b.side > a.side ? b : a));
	// Where they would be too small, they scroll.
	if (best.side < 15 * rem) best = inRows(Math.ceil(count / Math.max(1, Math.floor(clientWidth / (19 * rem)))), room, 0);
	style.setProperty("--columns", best.columns);
	style.setProperty("--side", `${best.side}px`);
	classList.toggle("beside", best.beside);
	return best.side;
}

async function start() {
	const [runs] = await Promise.all([Promise.all(ABOUT.runs.map(readRun)), Promise.all(ABOUT.sets.map(readDigits))]);
	return new App(runs);
}

const started = start();
