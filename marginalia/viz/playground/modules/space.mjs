// The feature space on a canvas: sectors, margin, rings of constant length, lobes, dots and class directions.

import { drawLobes } from "./lobe_ring.mjs";
import { drawCircle, drawCrosses, drawLabel, drawLine, emptied, fillDiscs } from "./plot.mjs";
import { wedgesOf } from "./sectors.mjs";

const BADGES = 0.93; // of half the side
const INSIDE = 0.99;
const SMOOTHING = 0.15;
const SECTOR_ALPHA = 0.2;
const REACH = 14; // pixels from the pointer

export class Space {
	rim = 0;
	wedges = [];
	badges = [];

	// lobes: the scale of the lobes, as the pages have it.
	constructor(canvas, lobes) {
		Object.assign(this, { canvas, lobes, names: [], colors: [] });
	}

	// The classes that are drawn from now on.
	use(names, colors) {
		Object.assign(this, { names, colors, spots: [], rim: 0 });
	}

	get radius() {
		return (this.lobes.reach * this.side) / 2;
	}

	// state: what the worker reports; labels: of the digits shown. marked: { pointed, chosen }, the number of a digit
	// and of a class, or -1.
	draw(state, labels, theme, marked) {
		const { context, width } = emptied(this.canvas);
		Object.assign(this, { context, side: width, theme });
		Object.assign(context, { textAlign: "center", textBaseline: "middle" });
		this.follow(state.features);
		this.wedges = wedgesOf(state.weights, state.spec);
		context.translate(width / 2, width / 2);
		this.drawSectors();
		this.drawRings();
		const badges = this.names.map((_, j) => Math.atan2(state.weights[2 * j + 1], state.weights[2 * j]));
		const shown = { features: state.features, labels: labels.subarray(0, state.predictions.length) };
		drawLobes(context, { ...shown, colors: this.colors, badges }, theme, this.lobes, width / 2);
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

	drawRings() {
		const { context, radius } = this;
		for (const [length, share] of ringsOf(this.rim)) {
			context.globalAlpha = 0.4;
			drawCircle(context, [0, 0], share * radius, { strokeStyle: this.theme.ink });
			context.globalAlpha = 1;
			if (length) drawLabel(context, length.toLocaleString("en"), [0, share * radius], this.theme);
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
		for (const [i, place] of this.spots.entries()) {
			if (predictions[i] !== labels[i]) drawCircle(context, place, size + 2, { strokeStyle: theme.ink });
		}
		if (drawn) this.spots.push(...this.places(drawn.feature));
		const edge = { strokeStyle: theme.ink, lineWidth: 2.5 };
		if (drawn) {
			drawCircle(context, this.spots.at(-1), 2.2 * size, { ...edge, fillStyle: theme.background });
			drawCircle(context, this.spots.at(-1), size, { fillStyle: theme.ink });
		}
		if (pointed >= 0 && pointed < predictions.length) {
			drawCircle(context, this.spots[pointed], 2 * size, { ...edge, fillStyle: this.colors[labels[pointed]] });
		}
	}

	// A ring around the badge of a weight that is held, two around the one that is chosen.
	drawBadges({ weights, pinned }, chosen) {
		const { context, side, theme } = this;
		const size = Math.max(10, side / 44);
		context.font = `bold ${1.15 * size}px system-ui`;
		this.badges = this.names.map((name, j) => {
			const angle = Math.atan2(weights[2 * j + 1], weights[2 * j]);
			const place = [(BADGES * side * Math.cos(angle)) / 2, (-BADGES * side * Math.sin(angle)) / 2];
			const isHeld = pinned.includes(j);
			context.globalAlpha = 0.6;
			drawLine(context, [[0, 0], place], theme.ink, isHeld ? 3 : 1.2);
			context.globalAlpha = 1;
			const edge = { strokeStyle: isHeld ? theme.ink : theme.background, lineWidth: isHeld ? 3.5 : 1.2 };
			drawCircle(context, place, size, { fillStyle: this.colors[j], ...edge });
			if (j === chosen) drawCircle(context, place, size + 4, { strokeStyle: theme.ink, lineWidth: 2 });
			context.fillStyle = "#000000";
			context.fillText(name, place[0], place[1] + 1);
			return place;
		});
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
