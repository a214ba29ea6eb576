// One run: canvases for sectors, points and marks. Lengths are CSS pixels.

const { unitRing, badgeRing, badgeRadius, beyond, darkest, faintest } = ABOUT.geometry;

// Wedges [label, start, width] move if the next snapshot has the same in the same order.
function moved(wedges, { before, after, share }) {
	const [from, to] = [wedges[before], wedges[after]];
	const alike = from.length === to.length && from.every(([label], i) => label === to[i][0]);
	return alike ? from.map((wedge, i) => mixed(wedge, to[i], share)) : from;
}

class Pane {
	part = (name) => this.root.querySelector(`.${name}`);

	constructor(run, root) {
		Object.assign(this, { run, root, set: ABOUT.sets[run.set], boxes: [] });
		this.canvases = [...root.querySelectorAll(".space canvas")];
		[this.ground, this.points, this.marks] = this.canvases.map((canvas) => canvas.getContext("2d"));
	}

	resize(side) {
		const { run } = this;
		const width = Math.round(side * devicePixelRatio);
		const ratio = width / side;
		Object.assign(this, { side, ratio, middle: side / 2, scale: side / 2 / run.reach });
		for (const canvas of this.canvases) canvas.width = canvas.height = width;
		for (const context of [this.ground, this.marks]) context.scale(ratio, ratio);
		this.image = new ImageData(width, width);
		this.raster = { width, pixels: new Uint32Array(this.image.data.buffer) };
		this.stamps = [[1.25, 0.003], [1.7, 0.0044]].map(([least, share]) => makeStamp(Math.max(least, share * side) * ratio));
		this.badge = Math.max(0.0235 * side, Math.min(9, badgeRadius * side)) * Math.min(1, 20 / run.classes.length);
		const chart = this.part("histogram");
		chart.width = chart.clientWidth * ratio;
		chart.height = chart.clientHeight * ratio;
	}

	place(x, y, scale = this.scale) {
		return [this.middle + x * scale, this.middle - y * scale];
	}

	onRing(angle, ring) {
		return this.place(Math.cos(angle), Math.sin(angle), ring * this.middle);
	}

	show(moment, view) {
		Object.assign(this, { moment, row: moment.before, split: view.split });
		this.placePoints(view);
		this.drawGround();
		this.drawPoints();
		this.drawMarks(view);
		drawHistogram(this.part("histogram"), this, view.hidden);
	}

	// spots: of the features and, if the loss looks at them, of their directions on the circle.
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
		const { raster, seen, spots, ratio, run, stamps } = this;
		const { labels } = run[this.split];
		raster.pixels.fill(0);
		spots.forEach(([xs, ys], k) => {
			for (let i = 0; i < seen.length; i++) {
				if (seen[i]) dot(raster, xs[i] * ratio, ys[i] * ratio, stamps[k], run.pixels[labels[i]]);
			}
		});
		// Rings are the paler, the more lie on each other, as in viz/scatter.py.
		const wrong = [...seen.keys()].filter((i) => seen[i] > 1);
		const radius = Math.max(3.6, 0.0066 * this.side);
		const [xs, ys] = spots.at(-1);
		const cells = wrong.map((i) => [xs, ys].map((at) => Math.round(at[i] / radius / 2)));
		const crowd = {};
		for (const cell of cells) crowd[cell] = (crowd[cell] ?? 0) + 1;
		const crowds = cells.map((cell) => crowd[cell]).sort((a, b) => a - b);
		const alpha = darkest / (crowds[crowds.length >> 1] ?? 1);
		this.ringed = alpha > faintest;
		const ring = makeStamp(radius * ratio, ratio, alpha);
		if (this.ringed) for (const i of wrong) dot(raster, xs[i] * ratio, ys[i] * ratio, ring, theme().inkPixel);
		this.points.putImageData(this.image, 0, 0);
	}

	drawGround() {
		const { run, middle, ground, side, moment } = this;
		const wedge = (start, width) => {
			const path = line([[middle, middle]]);
			path.arc(middle, middle, beyond * middle, -start, -start - width, true);
			return path;
		};
		ground.clearRect(0, 0, side, side);
		ground.globalAlpha = theme().tint;
		run.cells[moment.before].forEach((corners, label) => {
			draw(ground, line(corners.map((corner) => this.place(...corner))), run.colors[label]);
		});
		for (const [label, start, width] of moved(run.sectors, moment)) draw(ground, wedge(start, width), run.colors[label]);
		ground.globalAlpha = 1;
		for (const fill of [`${theme().background}59`, this.hatch()]) {
			for (const [, start, width] of moved(run.margins, moment)) draw(ground, wedge(start, width), fill);
		}
		if (run.rim) draw(ground, disc([middle, middle], unitRing * middle), null, theme().muted, 1);
	}

	hatch() {
		const side = Math.max(5, Math.round(0.014 * this.side));
		const canvas = make("canvas", { width: side, height: side });
		const context = canvas.getContext("2d");
		context.fillStyle = `${theme().muted}52`;
		context.fillRect(0, 0, side, 1);
		return context.createPattern(canvas, "repeat");
	}

	drawMarks({ hidden, focus, hover }) {
		const { marks, side, run, moment: { before, after, share } } = this;
		marks.clearRect(0, 0, side, side);
		run.classes.forEach((_, label) => {
			const angle = between(run.weights[before][label][0], run.weights[after][label][0], share);
			const tip = this.onRing(between(run.badges[before][label], run.badges[after][label], share), badgeRing);
			const spoke = line([this.place(0, 0), this.onRing(angle, unitRing), tip]);
			marks.globalAlpha = hidden.includes(label) ? 0.25 : 1;
			draw(marks, spoke, null, `${theme().ink}8c`, Math.max(1, 0.0022 * side));
			this.drawBadge(label, ...tip);
		});
		marks.globalAlpha = 1;
		const index = this.indexOf(focus);
		if (index >= 0) drawFocus(this, index, hover && this.mouse);
	}

	drawBadge(label, x, y) {
		const { marks, badge, run, side } = this;
		const name = run.short[label];
		Object.assign(marks, { font: `bold ${1.24 * badge}px system-ui`, textAlign: "center", textBaseline: "middle" });
		const half = Math.max(badge, marks.measureText(name).width / 2 + 0.55 * badge);
		const centre = Math.min(Math.max(x, half + 2), side - half - 2);
		this.boxes[label] = box(centre - half, y - badge, 2 * half, 2 * badge, badge);
		draw(marks, this.boxes[label], run.colors[label], theme().background, 1.5);
		marks.fillStyle = run.onColors[label];
		marks.fillText(name, centre, y + 0.06 * badge);
	}

	// The whole name of the class whose badge is there.
	nameAt(x, y) {
		const over = (badge) => this.marks.isPointInPath(badge, x * this.ratio, y * this.ratio);
		return this.run.classes[this.boxes.findIndex(over)] ?? "";
	}

	// The place of an image among the points, or -1.
	indexOf(focus) {
		const here = focus?.data === this.set.data && focus.split === this.split;
		return here ? this.set[this.split].numbers.indexOf(focus.number) : -1;
	}

	// The image whose point is nearest, within reach, or null.
	nearest(left, top, reach) {
		let [best, found] = [reach, null];
		for (const [xs, ys] of this.spots) {
			for (let i = 0; i < xs.length; i++) {
				const distance = Math.hypot(xs[i] - left, ys[i] - top);
				if (this.seen[i] && distance < best) [best, found] = [distance, i];
			}
		}
		return found === null ? null : this.imageAt(found);
	}

	// The class that an image is taken for.
	says(index) {
		const { predictions, count } = this.run[this.split];
		return predictions[this.row * count + index];
	}

	imageAt(index) {
		const { data, [this.split]: { numbers } } = this.set;
		return { data, split: this.split, number: numbers[index] };
	}
}
