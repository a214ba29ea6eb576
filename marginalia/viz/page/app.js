// What is looked at, and what is drawn and told when.

// view: what is shown. pinned, hover: images { data, split, number } or null; focus: the one looked at.
class App {
	view = { split: "test", hidden: [], errorsOnly: false, pinned: null, hover: null };
	clock = new Clock();

	constructor(runs) {
		this.panes = runs.map((run, number) => new Pane(run, page.panes.children[number]));
		this.errors = new Errors(this.panes, (focus) => this.pin(focus));
		page.time.max = LAST;
		listen(this);
		this.follow();
		this.resize();
	}

	repaint() {
		this.frame ??= requestAnimationFrame((now) => this.draw(now));
	}

	draw(now) {
		const { clock, panes, view } = this;
		this.frame = null;
		if (!clock.resting) clock.tick((now - (this.before ?? now)) / 1000);
		this.before = clock.resting ? null : now;
		for (const pane of panes) pane.show(momentOf(pane.run, clock.shown), view);
		page.time.value = clock.position;
		this.tell(Math.floor(clock.shown));
		if (!clock.resting) this.repaint();
	}

	// What stands in words, when it is another than before.
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
		const view = Object.assign(this.view, { hover: null }, changes);
		if (view.pinned?.split !== view.split) view.pinned = null;
		view.focus = view.hover ?? view.pinned;
		this.repaint();
	}

	toggle(label) {
		const { hidden } = this.view;
		this.set({ hidden: hidden.includes(label) ? hidden.filter((other) => other !== label) : [...hidden, label] });
	}

	pin(focus) {
		this.set({ pinned: focus });
	}

	// Looks at the image of this number; whether there is one.
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

function tellReadings({ run, row, split, part, ringed }, epoch) {
	const there = run.epochs[row];
	for (const [name, text] of Object.entries(run.readings[split][row])) part(name).textContent = text;
	part("accuracy-of").textContent = `${split} accuracy` + (there === epoch ? "" : `, epoch ${there}`);
	part("marks").ariaLabel = `${run.name}, epoch ${there}`;
	part("legend").textContent = run.legend[Number(ringed)];
}

// Panes as large as the window lets them be, readings below or beside. Returns their side.
function layOut(count) {
	const { clientWidth } = page.panes;
	const rem = parseFloat(getComputedStyle(page.panes).fontSize);
	const room = innerHeight - page.panes.offsetTop - page.transport.offsetHeight - rem;
	// needed: the height in rem of what is above and below a space, and beside it.
	const inRows = (rows, height, ...needed) => {
		const columns = Math.ceil(count / rows);
		const width = (clientWidth + 1.5 * rem) / columns - 1.5 * rem;
		const below = Math.min(width, height - needed[0] * rem);
		const beside = height > needed[1] * rem ? Math.min(height, width - 14 * rem) : 0;
		return { columns, side: Math.floor(Math.max(below, beside)), beside: beside > below };
	};
	const fitting = Array.from({ length: count }, (_, i) => inRows(i + 1, room / (i + 1) - rem, 10, 24));
	let best = fitting.reduce((a, b) => (b.side > a.side ? b : a));
	// Too small, they scroll.
	if (best.side < 13 * rem) best = inRows(Math.ceil(count / Math.max(1, Math.floor(clientWidth / (19 * rem)))), room, 3, 0);
	page.panes.style = `--columns: ${best.columns}; --side: ${best.side}px`;
	page.panes.classList.toggle("beside", best.beside);
	return best.side;
}

async function start() {
	const [runs] = await Promise.all([Promise.all(ABOUT.runs.map(readRun)), Promise.all(ABOUT.sets.map(readDigits))]);
	return new App(runs);
}

const started = start();
