// Pointer, keys and native controls.

const POINTER_REACH = 12;
const FINGER_REACH = 26;

function listen(app) {
	const { clock } = app;
	const on = (name, event, act) => page[name].addEventListener(event, ({ target }) => (act(target), app.repaint()));
	on("play", "click", () => clock.play());
	on("time", "input", ({ value }) => clock.hold(Number(value)));
	on("time", "change", ({ value }) => clock.go(Math.round(value)));
	on("speed", "change", ({ value }) => (clock.speed = Number(value)));
	on("split", "change", ({ value }) => app.set({ split: value }));
	on("only", "change", ({ checked }) => app.set({ errorsOnly: checked }));
	on("classes", "click", ({ value }) => value && app.toggle(Number(value)));
	on("close", "click", () => app.pin(null));
	on("ask", "click", () => page.help.showModal());
	on("number", "input", ({ value }) => {
		const there = value === "" || app.search(Number(value));
		page.answer.textContent = there ? "" : `image ${value} is not among those on this page`;
	});
	for (const pane of app.panes) listenToPointer(app, pane);
	addEventListener("keydown", (event) => listenToKey(app, event));
	addEventListener("hashchange", () => app.follow());
	addEventListener("resize", () => app.resize());
	dark.addEventListener("change", () => app.repaint());
}

function listenToPointer(app, pane) {
	const space = pane.part("space");
	const found = ({ clientX, clientY, pointerType }) => {
		const { left, top } = space.getBoundingClientRect();
		const at = [clientX - left, clientY - top];
		space.title = pane.nameAt(...at);
		return pane.nearest(...at, pointerType === "mouse" ? POINTER_REACH : FINGER_REACH);
	};
	const look = (event) => {
		pane.mouse = event;
		const hover = event && found(event);
		if (!same(hover, app.view.hover)) app.set({ hover });
	};
	space.addEventListener("pointermove", (event) => event.pointerType === "mouse" && look(event));
	space.addEventListener("pointerleave", () => look(null));
	addEventListener("scroll", () => pane.mouse && look(pane.mouse));
	// A click is in whole pixels and a move in fractions: what the mouse was over is kept.
	space.addEventListener("click", (event) => {
		const { hover } = app.view;
		if (event.pointerType === "touch") app.pin(found(event));
		else app.set({ pinned: hover ?? found(pane.mouse ?? event), hover });
	});
}

function listenToKey(app, event) {
	const { target, key } = event;
	const slider = target === page.time;
	const typing = target === page.number && key !== "Escape";
	const native = target.matches("input, select") && !slider && /^(Arrow|Home|End| )/.test(key);
	const own = event.ctrlKey || event.metaKey || event.altKey || page.help.open || (key === " " && target.matches("button"));
	const act = shortcut(app, slider ? key.replace("Down", "Left").replace("Up", "Right") : key);
	if (typing || native || own || !act) return;
	event.preventDefault();
	act();
	app.repaint();
}

function shortcut(app, key) {
	const { clock, view } = app;
	if (/^\d$/.test(key) && key < page.classes.children.length) return () => app.toggle(Number(key));
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
		a: () => app.set({ hidden: [] }),
		"/": () => page.number.select(),
		"?": () => page.help.showModal(),
		Escape: () => (page.number.blur(), app.pin(null)),
	}[key];
}
