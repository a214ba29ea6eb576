// One run: canvases for the backdrop, the points and the marks. Lengths are CSS pixels.

import { drawBackdrop } from "./backdrop.mjs";
import { drawBadges } from "./badges.mjs";
import { drawHistogram } from "./histogram.mjs";
import { clamp } from "./numbers.mjs";
import { pageData } from "./page_data.mjs";
import { drawPoints } from "./point_layer.mjs";
import { placePoints } from "./positions.mjs";
import { makeStamp } from "./stamps.mjs";
import { drawTrajectory } from "./trajectory.mjs";
import { visibilityOf } from "./visibility.mjs";

const DOT_SIZES = [[1.25, 0.003], [1.7, 0.0044]];
const MOST_FULL_BADGES = 20;

export class Pane {
	constructor(run, root) {
		Object.assign(this, { run, root, set: pageData.sets[run.set], badgeShapes: [] });
		this.canvases = [...root.querySelectorAll(".space canvas")];
		[this.backdrop, this.dots, this.marks] = this.canvases.map((canvas) => canvas.getContext("2d"));
	}

	part(name) {
		return this.root.querySelector(`.${name}`);
	}

	get points() {
		return this.run[this.split];
	}

	resize(side) {
		const width = Math.round(side * devicePixelRatio);
		const ratio = width / side;
		Object.assign(this, { side, ratio, middle: side / 2 });
		for (const canvas of this.canvases) canvas.width = canvas.height = width;
		for (const context of [this.backdrop, this.marks]) context.scale(ratio, ratio);
		this.image = new ImageData(width, width);
		this.raster = { width, pixels: new Uint32Array(this.image.data.buffer) };
		this.stamps = DOT_SIZES.map(([least, share]) => makeStamp(Math.max(least, share * side) * ratio));
		const radius = clamp(pageData.geometry.badgeRadius * side, 0.0235 * side, Math.max(9, 0.0235 * side));
		this.badge = radius * Math.min(1, MOST_FULL_BADGES / this.run.classes.length);
		const chart = this.part("histogram");
		chart.width = chart.clientWidth * ratio;
		chart.height = chart.clientHeight * ratio;
	}

	// Where a place of the plane is, whose half height is 1.
	place(x, y) {
		return [this.middle * (1 + x), this.middle * (1 - y)];
	}

	onRing(angle, radius) {
		return this.place(radius * Math.cos(angle), radius * Math.sin(angle));
	}

	// Where the feature of one point stands in a snapshot.
	placeOf(index, row) {
		const { x, y, count } = this.points;
		const { reach } = this.run;
		return this.place(x[row * count + index] / reach, y[row * count + index] / reach);
	}

	show(moment, view) {
		Object.assign(this, { moment, row: moment.before, split: view.split });
		const { points, middle, run } = this;
		this.spots = placePoints(points, moment, middle, run.reach, run.rim ? pageData.geometry.unitRing : 0);
		this.visibility = visibilityOf(points, this.row, view);
		drawBackdrop(this);
		drawPoints(this);
		this.marks.clearRect(0, 0, this.side, this.side);
		drawBadges(this, view.hidden);
		const index = this.indexOf(view.focus);
		if (index >= 0) drawTrajectory(this, index, Boolean(view.hover && this.mouse));
		drawHistogram(this.part("histogram"), this, view.hidden);
	}

	// The whole name of the class whose badge is there.
	nameAt(x, y) {
		const isOver = (shape) => this.marks.isPointInPath(shape, x * this.ratio, y * this.ratio);
		return this.run.classes[this.badgeShapes.findIndex(isOver)] ?? "";
	}

	// The place of an image among the points, or -1.
	indexOf(image) {
		const isHere = image?.data === this.set.data && image.split === this.split;
		return isHere ? this.points.numbers.indexOf(image.number) : -1;
	}

	// The image whose point is nearest, within reach, or null.
	nearest(left, top, reach) {
		let best = reach;
		let found = null;
		for (const [xs, ys] of this.spots) {
			for (let i = 0; i < xs.length; i++) {
				const distance = Math.hypot(xs[i] - left, ys[i] - top);
				if (this.visibility[i] && distance < best) [best, found] = [distance, i];
			}
		}
		return found === null ? null : this.imageAt(found);
	}

	// The class that an image is taken for.
	predictionOf(index) {
		const { predictions, count } = this.points;
		return predictions[this.row * count + index];
	}

	imageAt(index) {
		return { data: this.set.data, split: this.split, number: this.points.numbers[index] };
	}
}
