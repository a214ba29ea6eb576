// The feature space on a canvas: sectors, margin, rings of constant length, lobes, dots and class directions.

import { widestGap } from "../../page/modules/directions.mjs";
import { drawLobes } from "./lobe_ring.mjs";
import { drawCircle, drawCrosses, drawLabel, drawLine, emptied, fillDiscs } from "./plot.mjs";
import { wedgesOf } from "./sectors.mjs";
import { spread } from "./spread.mjs";

const BADGES = 0.93; // of half the side
const INSIDE = 0.99;
const SMOOTHING = 0.15;
const SECTOR_ALPHA = 0.2;
const MOST_RINGS = 0.35; // of the digits; more rings hide the digits
const REACH = 14; // pixels from the pointer

export class Space {
	rim = 0;
	wedges = [];
	badges = []; // their places, pixels from the middle

	// lobes: the scale of the lobes, as the pages have it.
	constructor(canvas, lobes) {
		Object.assign(this, { canvas, lobes, names: [], colors: [], onColors: [] });
	}

	// The classes that are drawn from now on.
	// onColors: of the names on these colours.
	use(names, colors, onColors) {
		Object.assign(this, { names, colors, onColors, spots: [], rim: 0 });
	}

	get radius() {
		return (this.lobes.reach * this.side) / 2;
	}

	// state: what the worker reports; labels: of the digits shown. marked: { pointed, chosen }, the number of a digit
	// and of a class, or -1.
	draw(state, labels, theme, marked) {
		const { context, width } = emptied(this.canvas);
		Object.assign(this, { context, side: width - (width % 2), theme }); // lines of the hatching stay sharp
		Object.assign(context, { textAlign: "center", textBaseline: "middle" });
		this.follow(state.features);
		this.wedges = wedgesOf(state.weights, state.spec);
		context.translate(this.side / 2, this.side / 2);
		this.drawSectors();
		const badges = this.names.map((_, j) => Math.atan2(state.weights[2 * j + 1], state.weights[2 * j]));
		this.drawRings(widestGap(badges));
		const shown = { features: state.features, labels: labels.subarray(0, state.predictions.length) };
		drawLobes(context, { ...shown, colors: this.colors, badges }, theme, this.lobes, this.side / 2);
		this.drawDots(state, labels, marked.pointed);
		this.drawBadges(state, marked.chosen);
	}

	// The rim of the disc follows the lengths of the features, smoothly.
	follow(features) {
		const count = features.length / 2;
		const lengths = Float64Array.from({ length: count }, (_, i) => Math.hypot(features[2 * i], features[2 * i + 1]));
		const wanted = lengths.sort()[Math.floor(INSIDE * (lengths.length - 1))] || 1;
		this.rim = this.rim ? this.rim * (wanted / this.rim) ** SMOOTHING : wanted;
	}

	// Where the features (N, 2) stand, in pixels from the middle; what is longer than the rim stands just beyond it.
	places(features) {
		const scale = this.radius / this.rim;
		return Array.from({ length: features.length / 2 }, (_, i) => {
			const [x, y] = [features[2 * i] * scale, features[2 * i + 1] * scale];
			const shrink = Math.min(1, (1.03 * this.radius) / (Math.hypot(x, y) || 1));
			return [x * shrink, -y * shrink];
		});
	}

	drawSectors() {
		const { context, radius } = this;
		for (const { start, width, label, kept } of this.wedges) {
			context.beginPath();
			context.moveTo(0, 0);
			context.arc(0, 0, radius, -start, -start - width - 0.002, true);
			context.closePath();
			context.globalAlpha = SECTOR_ALPHA;
			context.fillStyle = this.colors[label];
			context.fill();
			context.globalAlpha = 1;
			if (kept) continue;
			context.fillStyle = this.hatch(this.theme);
			context.fill();
		}
	}

	hatch({ ink, background }) {
		if (this.hatching?.ink === ink) return this.hatching.pattern;
		const tile = new OffscreenCanvas(8, 8);
		const brush = tile.getContext("2d");
		brush.fillStyle = `${background}99`;
		brush.fillRect(0, 0, 8, 8);
		brush.strokeStyle = `${ink}80`;
		for (const shift of [-8, 0, 8]) {
			brush.moveTo(shift, 8);
			brush.lineTo(shift + 8, 0);
		}
		brush.stroke();
		this.hatching = { ink, pattern: this.context.createPattern(tile, "repeat") };
		return this.hatching.pattern;
	}

	// The lengths stand in the direction `where`, radians.
	drawRings(where) {
		const { context, radius } = this;
		for (const [length, share] of ringsOf(this.rim)) {
			context.globalAlpha = 0.4;
			drawCircle(context, [0, 0], share * radius, { strokeStyle: this.theme.ink });
			context.globalAlpha = 1;
			const place = [share * radius * Math.cos(where), -share * radius * Math.sin(where)];
			if (length) drawLabel(context, `|x| = ${length.toLocaleString("en")}`, place, this.theme);
		}
	}

	drawDots({ features, predictions, drawn, strangers }, labels, pointed) {
		const { context, theme } = this;
		const size = Math.max(1.6, this.side / 300);
		drawCrosses(context, this.places(strangers), size + 1, theme.ink);
		this.spots = this.places(features);
		for (const [label, color] of this.colors.entries()) {
			fillDiscs(context, this.spots.filter((_, i) => labels[i] === label), size, color);
		}
		const wrong = this.spots.filter((_, i) => predictions[i] !== labels[i]);
		const isLegible = wrong.length < MOST_RINGS * predictions.length;
		for (const place of isLegible ? wrong : []) drawCircle(context, place, size + 2, { strokeStyle: theme.ink });
		if (drawn) this.spots.push(...this.places(drawn.feature));
		const edge = { strokeStyle: theme.ink, lineWidth: 2.5 };
		if (drawn) {
			drawCircle(context, this.spots.at(-1), 2.2 * size, { ...edge, fillStyle: theme.background });
			drawCircle(context, this.spots.at(-1), size, { fillStyle: theme.ink });
		}
		if (pointed >= 0 && pointed < predictions.length) {
			const [x, y] = this.spots[pointed];
			const box = [x - 2.2 * size, y - 2.2 * size, 4.4 * size, 4.4 * size];
			Object.assign(context, { ...edge, fillStyle: this.colors[labels[pointed]] }).fillRect(...box);
			context.strokeRect(...box);
		}
	}

	// A thick edge around the badge of a weight that is held, a ring around the one that is chosen.
	drawBadges({ weights, pinned }, chosen) {
		const { context, side, theme } = this;
		const size = Math.max(10, side / 44);
		const ring = (BADGES * side) / 2;
		const angles = this.names.map((_, j) => Math.atan2(weights[2 * j + 1], weights[2 * j]));
		const place = (angle, radius) => [radius * Math.cos(angle), -radius * Math.sin(angle)];
		const places = spread(angles, (2.1 * size) / ring).map((angle) => place(angle, ring));
		context.font = `bold ${1.15 * size}px system-ui`;
		this.names.forEach((name, j) => {
			const isHeld = pinned.includes(j);
			context.globalAlpha = 0.6;
			drawLine(context, [[0, 0], place(angles[j], this.radius), places[j]], theme.ink, isHeld ? 3 : 1.2);
			context.globalAlpha = 1;
			const edge = { strokeStyle: isHeld ? theme.ink : theme.background, lineWidth: isHeld ? 3.5 : 1.2 };
			drawCircle(context, places[j], size, { fillStyle: this.colors[j], ...edge });
			if (j === chosen) drawCircle(context, places[j], size + 4, { strokeStyle: theme.ink, lineWidth: 2 });
			context.fillStyle = this.onColors[j];
			context.fillText(name, places[j][0], places[j][1] + 1);
		});
		this.badges = places;
	}

	// The number of the dot that is nearest to a place of the canvas, or -1.
	nearestDot(left, top) {
		return this.nearest(this.spots, left, top, REACH);
	}

	// The class whose badge is at a place of the canvas, or -1.
	badgeAt(left, top) {
		return this.nearest(this.badges, left, top, Math.max(REACH, this.side / 36));
	}

	nearest(places, left, top, reach) {
		let [best, found] = [reach, -1];
		places.forEach(([x, y], i) => {
			const distance = Math.hypot(x + this.side / 2 - left, y + this.side / 2 - top);
			if (distance < best) [best, found] = [distance, i];
		});
		return found;
	}

	// The direction of a place of the canvas from the middle, degrees.
	directionOf(left, top) {
		return (Math.atan2(this.side / 2 - top, left - this.side / 2) * 180) / Math.PI;
	}
}

// Two round lengths inside the rim with their share of it, and the rim itself.
function ringsOf(rim) {
	const decade = 10 ** Math.floor(Math.log10(rim));
	const round = [0.5, 1, 2, 5].map((digit) => Number((digit * decade).toPrecision(1)));
	const inside = round.map((length) => [length, length / rim]).filter(([, share]) => share > 0.3 && share < 0.9);
	return [...inside.slice(-2), [0, 1]];
}
