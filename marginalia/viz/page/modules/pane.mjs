// One run: canvases for the backdrop, the points and the marks. Lengths are CSS pixels.

import { drawBackdrop } from "./backdrop.mjs";
import { drawBadges } from "./badges.mjs";
import { rimAt } from "./camera.mjs";
import { drawHistogram } from "./histogram.mjs";
import { drawLengthLabels } from "./length_rings.mjs";
import { drawLobeTicks } from "./lobe_layer.mjs";
import { densitiesOf } from "./lobes.mjs";
import { clamp } from "./numbers.mjs";
import { pageData } from "./page_data.mjs";
import { drawPoints } from "./point_layer.mjs";
import { inPixels, onRing, placesBetween, seenPlace, seenPlaces } from "./positions.mjs";
import { makeStamp } from "./stamps.mjs";
import { drawTrajectory } from "./trajectory.mjs";
import { visibilityOf } from "./visibility.mjs";
import { WHOLE, panned, zoomed } from "./zoom.mjs";

const DOT_SIZES = [[1.25, 0.003], [1.7, 0.0044]];
const MOST_FULL_BADGES = 20;

export class Pane {
	zoom = WHOLE;
	isWhole = true;
	cache = new Map();

	constructor(run, root) {
		Object.assign(this, { run, root, set: pageData.sets[run.set], badgeShapes: [] });
		root.classList.toggle("projected", !run.exact);
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
		const { middle, zoom } = this;
		return [middle * (1 + (x - zoom.x) * zoom.scale), middle * (1 - (y - zoom.y) * zoom.scale)];
	}

	planeAt(left, top) {
		const { middle, zoom } = this;
		return [zoom.x + (left / middle - 1) / zoom.scale, zoom.y - (top / middle - 1) / zoom.scale];
	}

	lengthOf(radius) {
		return radius * this.middle * this.zoom.scale;
	}

	onRing(angle, radius) {
		return this.place(radius * Math.cos(angle), radius * Math.sin(angle));
	}

	// The length of a feature at the rim: that of the moment, or what it was when the reader began to zoom.
	get rim() {
		return this.zoom.rim ?? rimAt(this.run.camera, this.moment);
	}

	rimOf(row) {
		return this.zoom.rim ?? this.run.camera.rims[row];
	}

	// Where the feature of one point stands in a snapshot.
	placeOf(index, row) {
		const { x, y, count } = this.points;
		const at = row * count + index;
		return this.place(...seenPlace(this.run.camera, this.rimOf(row), x[at], y[at]));
	}

	// The same of all points; kept for the two snapshots that it moves between.
	seenIn(row) {
		const rim = this.rimOf(row);
		const key = `${this.split} ${row} ${rim}`;
		const places = this.cache.get(key) ?? seenPlaces(this.run.camera, rim, this.points, row);
		this.cache.delete(key);
		this.cache.set(key, places);
		if (this.cache.size > 2) this.cache.delete(this.cache.keys().next().value);
		return places;
	}

	setZoom(zoom) {
		const { camera } = this.run;
		const rim = zoom === WHOLE || camera.kind === "fixed" ? null : (zoom.rim ?? rimAt(camera, this.moment));
		this.zoom = { ...zoom, rim };
		this.isWhole = zoom === WHOLE;
		this.part("space").classList.toggle("zoomed", !this.isWhole);
	}

	zoomBy(factor, place) {
		this.setZoom(zoomed(this.zoom, factor, place));
	}

	// Moves what stands at one place of the window to another.
	moveBy(from, to) {
		const [[x1, y1], [x2, y2]] = [this.planeAt(...from), this.planeAt(...to)];
		this.setZoom(panned(this.zoom, [x1 - x2, y1 - y2]));
	}

	// Says which moment and which points `show` draws.
	turnTo(moment, view) {
		Object.assign(this, { moment, row: moment.before, split: view.split });
	}

	// only: 1 for each point that may be shown; null where all may.
	show(view, only) {
		this.placePoints();
		this.visibility = visibilityOf(this.points, this.row, view, only);
		drawBackdrop(this, view.hidden);
		drawPoints(this);
		this.drawMarks(view);
		drawHistogram(this.part("histogram"), this, view.hidden);
	}

	// seen: in the plane. spots: in pixels, of the features and, if the circle is drawn, of their directions on it.
	placePoints() {
		const { run, moment, middle, zoom } = this;
		const { before, after, share } = moment;
		this.seen = placesBetween(this.seenIn(before), share ? this.seenIn(after) : null, share);
		const layers = run.circle ? [this.seen, onRing(this.seen, pageData.geometry.unitRing)] : [this.seen];
		this.spots = layers.map((places) => inPixels(places, middle, zoom));
		if (run.lobed) {
			this.densities = densitiesOf(this.seen, this.points.labels, run.classes.length, pageData.lobes);
		}
	}

	drawMarks({ hidden, focus, hover }) {
		this.marks.clearRect(0, 0, this.side, this.side);
		drawLengthLabels(this);
		if (this.run.lobed) drawLobeTicks(this);
		drawBadges(this, hidden);
		const index = this.indexOf(focus);
		if (index >= 0) drawTrajectory(this, index, Boolean(hover && this.mouse));
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
