// One run in its pane: three canvases above each other, for sectors, points and marks.

const { unitRing, badgeRing, beyond } = ABOUT.geometry;
const MANY_ERRORS = 150;
const FAINTEST = 0.02;
const LONGEST_BADGE = 11;
const dark = matchMedia("(prefers-color-scheme: dark)");
const theme = () => ABOUT.themes[dark.matches ? "dark" : "light"];
const shortened = (name) => (name.length > LONGEST_BADGE ? `${name.slice(0, LONGEST_BADGE - 1)}…` : name);

class Pane {
	constructor(run) {
		this.run = run;
		this.set = ABOUT.sets[run.set];
		this.root = page.pane.content.firstElementChild.cloneNode(true);
		this.part = (name) => this.root.querySelector(`.${name}`);
		this.part("name").textContent = run.name;
		this.part("numbers").textContent = run.numbers.replaceAll(" = ", "\u00a0=\u00a0");
		this.part("legend").textContent = run.legend.join(" · ");
		this.canvases = [...this.root.querySelectorAll(".space canvas")];
		[this.ground, this.points, this.marks] = this.canvases.map((canvas) => canvas.getContext("2d"));
		this.colors = run.colors.map(packedColor);
		this.index = {};
		for (const split of SPLITS) this.index[split] = new Map(run[split].numbers.map((number, index) => [number, index]));
	}

	resize(css) {
		const { run } = this;
		const ratio = (this.ratio = devicePixelRatio);
		const side = (this.side = Math.round(css * ratio));
		this.middle = side / 2;
		this.scale = this.middle / run.reach;
		for (const canvas of this.canvases) canvas.width = canvas.height = side;
		this.image = new ImageData(side, side);
		this.raster = { width: side, pixels: new Uint32Array(this.image.data.buffer) };
		this.stamps = [makeStamp(Math.max(1.25 * ratio, 0.003 * side)), makeStamp(Math.max(1.7 * ratio, 0.0044 * side))];
		const radius = Math.max(0.0235 * side, Math.min(9 * ratio, run.badges.radius * side));
		this.badge = radius * Math.min(1, 20 / run.classes.length);
		const chart = this.part("histogram");
		chart.width = chart.clientWidth * ratio;
		chart.height = chart.clientHeight * ratio;
	}

	// Canvas pixels of a place in feature units; of an angle on a ring around the middle.
	place(x, y, scale = this.scale) {
		return [this.middle + x * scale, this.middle - y * scale];
	}

	onRing(angle, ring) {
		return this.place(Math.cos(angle), Math.sin(angle), ring * this.middle);
	}

	// Moves everything to a moment, `share` of the way from one snapshot to another.
	show(moment, view, near) {
		const { before, after, share } = moment;
		const { weights, classes } = this.run;
		Object.assign(this, { moment, row: before, split: view.split });
		const mixed = (i) => between(weights[2 * before * classes.length + i], weights[2 * after * classes.length + i], share);
		this.weights = classes.map((_, j) => [mixed(2 * j), mixed(2 * j + 1)]);
		this.placePoints(view);
		this.drawGround();
		this.drawPoints();
		this.drawMarks(view, near);
		drawHistogram(this.part("histogram"), this, view.hidden);
	}

	// spots: canvas pixels of the features and, if the loss looks at them, of their directions on the circle.
	// seen: 2 for an error, 1 for another point, 0 for one that is filtered out.
	placePoints({ hidden, errorsOnly }) {
		const { before, after, share } = this.moment;
		const { x, y, predictions, labels, count } = this.run[this.split];
		const [xs, ys, rimX, rimY] = Array.from({ length: 4 }, () => new Float32Array(count));
		this.seen = new Uint8Array(count);
		for (let i = 0, a = before * count, b = after * count; i < count; i++, a++, b++) {
			const fx = between(x[a], x[b], share);
			const fy = between(y[a], y[b], share);
			const ring = (unitRing * this.middle) / (Math.sqrt(fx * fx + fy * fy) || 1);
			xs[i] = this.middle + fx * this.scale;
			ys[i] = this.middle - fy * this.scale;
			rimX[i] = this.middle + fx * ring;
			rimY[i] = this.middle - fy * ring;
			const wrong = predictions[a] !== labels[i];
			this.seen[i] = hidden.includes(labels[i]) || (errorsOnly && !wrong) ? 0 : 1 + wrong;
		}
		this.spots = this.run.rim ? [[xs, ys], [rimX, rimY]] : [[xs, ys]];
	}

	drawPoints() {
		const { raster, seen, spots, ratio, run } = this;
		const { labels } = run[this.split];
		raster.pixels.fill(0);
		spots.forEach(([xs, ys], k) => {
			for (let i = 0; i < seen.length; i++) if (seen[i]) dot(raster, xs[i], ys[i], this.stamps[k], this.colors[labels[i]]);
		});
		// A ring around an error: the paler, the more there are, as in viz/scatter.py.
		const wrong = seen.reduce((sum, value) => sum + (value > 1), 0);
		const alpha = Math.min(0.8, (MANY_ERRORS / Math.max(1, wrong)) ** (run.rim ? 1.3 : 0.5));
		const ring = makeStamp(Math.max(3.6 * ratio, 0.0066 * this.side), ratio, alpha);
		const ink = packedColor(theme().ink);
		const [xs, ys] = spots.at(-1);
		for (let i = 0; i < seen.length; i++) if (seen[i] > 1 && alpha > FAINTEST) dot(raster, xs[i], ys[i], ring, ink);
		this.points.putImageData(this.image, 0, 0);
	}

	drawGround() {
		const { run, weights, middle, ground } = this;
		const wedge = ({ start, width }) => {
			const path = new Path2D();
			path.moveTo(middle, middle);
			path.arc(middle, middle, beyond * middle, -start, -start - width, true);
			return path;
		};
		ground.clearRect(0, 0, this.side, this.side);
		ground.globalAlpha = theme().tint;
		if (run.cells) {
			cells(weights, beyond * run.reach).forEach((corners, label) => {
				draw(ground, line(corners.map((corner) => this.place(...corner))), run.colors[label]);
			});
		} else if (run.sectors) {
			for (const arc of arcs(weights, run.spec, false)) draw(ground, wedge(arc), run.colors[arc.label]);
		}
		ground.globalAlpha = 1;
		if (run.spec.hasMargin) {
			const bands = arcs(weights, run.spec, true).filter(({ label }) => label < 0);
			for (const fill of [`${theme().background}59`, this.hatch()]) for (const arc of bands) draw(ground, wedge(arc), fill);
		}
		if (run.rim) draw(ground, disc([middle, middle], unitRing * middle), null, theme().muted, this.ratio);
	}

	hatch() {
		const side = Math.max(5, Math.round(0.014 * this.side));
		const canvas = make("canvas", { width: side, height: side });
		const context = canvas.getContext("2d");
		context.fillStyle = `${theme().muted}52`;
		context.fillRect(0, 0, side, Math.round(this.ratio));
		return context.createPattern(canvas, "repeat");
	}

	drawMarks({ hidden, focus }, near) {
		const { marks, run, moment } = this;
		const [from, to] = [run.badges.angles[moment.before], run.badges.angles[moment.after]];
		const places = from.map((angle, label) => angle + toward(angle, to[label]) * moment.share);
		marks.clearRect(0, 0, this.side, this.side);
		places.forEach((place, label) => {
			const tip = this.onRing(place, badgeRing);
			const spoke = line([this.place(0, 0), this.onRing(direction(this.weights[label]), unitRing), tip]);
			marks.globalAlpha = hidden.includes(label) ? 0.25 : 1;
			draw(marks, spoke, null, `${theme().ink}8c`, Math.max(this.ratio, 0.0022 * this.side));
			this.drawBadge(label, ...tip);
		});
		marks.globalAlpha = 1;
		const index = this.indexOf(focus);
		if (index !== undefined) drawFocus(this, index, near);
	}

	drawBadge(label, x, y) {
		const { marks, badge, run } = this;
		const name = shortened(run.classes[label]);
		Object.assign(marks, { font: `bold ${1.24 * badge}px system-ui`, textAlign: "center", textBaseline: "middle" });
		const half = Math.max(badge, marks.measureText(name).width / 2 + 0.55 * badge);
		const centre = Math.min(Math.max(x, half + 2), this.side - half - 2);
		const pill = new Path2D();
		pill.roundRect(centre - half, y - badge, 2 * half, 2 * badge, badge);
		draw(marks, pill, run.colors[label], theme().background, 1.5 * this.ratio);
		marks.fillStyle = run.onColors[label];
		marks.fillText(name, centre, y + 0.06 * badge);
	}

	// The place among the points of an image { data, split, number }; undefined if it is not there.
	indexOf(focus) {
		const here = focus?.data === this.set.data && focus.split === this.split;
		return here ? this.index[this.split].get(focus.number) : undefined;
	}

	// The image whose point is nearest to a place in CSS pixels and within `reach` of it, or null.
	nearest(left, top, reach) {
		let best = reach * this.ratio;
		let found = null;
		for (const [xs, ys] of this.spots) {
			for (let i = 0; i < xs.length; i++) {
				const distance = Math.hypot(xs[i] - left * this.ratio, ys[i] - top * this.ratio);
				if (this.seen[i] && distance < best) [best, found] = [distance, i];
			}
		}
		return found === null ? null : this.imageAt(found);
	}

	imageAt(index) {
		return { data: this.set.data, split: this.split, number: this.run[this.split].numbers[index] };
	}
}
