// Pointer, keys and native controls.

const POINTER_REACH = 12;
const FINGER_REACH = 26;

function listen(app) {
	const { clock } = app;
	const on = (name, event, act) => element(name).addEventListener(event, (happened) => (act(happened.target), app.repaint()));
	on("play", "click", () => clock.play());
	on("time", "input", ({ value }) => clock.hold(Number(value)));
	on("time", "change", ({ value }) => clock.go(Math.round(value)));
	on("speed", "change", ({ value }) => (clock.speed = Number(value)));
	on("split", "change", ({ value }) => app.set({ split: value }));
	on("errors-only", "change", ({ checked }) => app.set({ errorsOnly: checked }));
	on("ask", "click", () => element("help").showModal());
	on("number", "input", ({ value }) => {
		const there = value === "" || app.search(Number(value));
		element("search-answer").textContent = there ? "" : `image ${value} is not among those on this page`;
	});
	element("classes").append(...app.most.classes.map((name, label) => chip(app, name, label)));
	for (const pane of app.panes) listenToPointer(app, pane, pane.part("space"));
	addEventListener("keydown", (event) => listenToKey(app, event));
	addEventListener("hashchange", () => app.follow());
	addEventListener("resize", () => app.resize());
	dark.addEventListener("change", () => app.repaint());
}

function chip(app, name, label) {
	const button = document.createElement("button");
	Object.assign(button, { type: "button", textContent: shortened(name), title: name, onclick: () => app.toggle(label) });
	button.style.setProperty("--own", app.most.colors[label]);
	button.style.setProperty("--on-own", app.most.onColors[label]);
	return button;
}

function listenToPointer(app, pane, space) {
	const found = ({ clientX, clientY, pointerType }) => {
		const { left, top } = space.getBoundingClientRect();
		return pane.nearest(clientX - left, clientY - top, pointerType === "mouse" ? POINTER_REACH : FINGER_REACH);
	};
	const look = (hover) => {
		if (hover?.number !== app.view.hover?.number) app.set({ hover, near: hover && pane });
	};
	space.addEventListener("pointermove", (event) => event.pointerType === "mouse" && look(found(event)));
	space.addEventListener("pointerleave", () => look(null));
	space.addEventListener("click", (event) => app.pin(found(event)));
}

function listenToKey(app, event) {
	const { target, key } = event;
	if (event.ctrlKey || event.metaKey || event.altKey || element("help").open) return;
	const slider = target === element("time");
	const typing = target.matches("input[type=number]") && key !== "Escape";
	const native = target.matches("input, select") && !slider && /^(Arrow|Home|End| )/.test(key);
	if (typing || native || (key === " " && target.matches("button"))) return;
	const act = shortcut(app, slider ? key.replace("Down", "Left").replace("Up", "Right") : key);
	if (!act) return;
	event.preventDefault();
	act();
	app.repaint();
}

function shortcut(app, key) {
	const { clock, view } = app;
	if (/^\d$/.test(key)) return key < app.most.classes.length ? () => app.toggle(Number(key)) : undefined;
	return {
		" ": () => clock.play(),
		ArrowLeft: () => clock.step(-1),
		ArrowRight: () => clock.step(1),
		Home: () => clock.go(0),
		End: () => clock.go(LAST),
		n: () => app.errors.step(1, view.pinned),
		p: () => app.errors.step(-1, view.pinned),
		e: () => app.set({ errorsOnly: !view.errorsOnly }),
		t: () => app.set({ split: view.split === "test" ? "train" : "test" }),
		a: () => app.set({ hidden: new Set() }),
		"/": () => element("number").select(),
		"?": () => element("help").showModal(),
		Escape: () => (element("number").blur(), app.pin(null)),
	}[key];
}
