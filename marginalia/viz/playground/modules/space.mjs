// The feature space on a canvas: sectors, margin, rings of constant length, dots and class directions.

import { wedgesOf } from "./sectors.mjs";

const RIM = 0.74; // of half the side
const BADGES = 0.88;
const INSIDE = 0.99;
const SMOOTHING = 0.15;
const SECTOR_ALPHA = 0.2;

export class Space {
	rim = 0;

	constructor(canvas) {
		Object.assign(this, { canvas, names: [], colors: [], context: canvas.getContext("2d") });
	}

	// The classes that are drawn from now on.
	use(names, colors) {
		Object.assign(this, { names, colors, spots: null });
	}

	get radius() {
		return (RIM * this.side) / 2;
	}

	resize() {
		this.side = this.canvas.clientWidth;
		const ratio = devicePixelRatio || 1;
		this.canvas.width = this.canvas.height = Math.round(this.side * ratio);
		this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
		this.hatching = null;
	}

	// state: what the worker reports; labels: of the digits shown; ink, background: colours of the theme.
	draw(state, labels, { ink, background }) {
		const { context, side } = this;
		this.follow(state.features);
		context.clearRect(0, 0, side, side);
		context.save();
		context.translate(side / 2, side / 2);
		this.wedges = wedgesOf(state.weights, state.spec);
		this.drawSectors(ink, background);
		this.drawRings(ink, background);
		this.drawDots(state, labels, ink);
		this.drawBadges(state.weights, ink, background);
		context.restore();
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

	drawSectors(ink, background) {
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
			context.fillStyle = this.hatch(ink, background);
			context.fill();
		}
	}

	hatch(ink, background) {
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

	drawRings(ink, background) {
		const { context } = this;
		Object.assign(context, { strokeStyle: ink, lineWidth: 1, font: "13px system-ui" });
		Object.assign(context, { textAlign: "center", textBaseline: "middle" });
		for (const [length, share] of ringsOf(this.rim)) {
			context.globalAlpha = 0.4;
			context.beginPath();
			context.arc(0, 0, share * this.radius, 0, 2 * Math.PI);
			context.stroke();
			if (!length) continue;
			context.globalAlpha = 1;
			const text = length.toLocaleString("en");
			const half = context.measureText(text).width / 2 + 4;
			context.fillStyle = `${background}cc`;
			context.fillRect(-half, share * this.radius - 9, 2 * half, 18);
			context.fillStyle = ink;
			context.fillText(text, 0, share * this.radius);
		}
		context.globalAlpha = 1;
	}

	drawDots({ features, predictions }, labels, ink) {
		const { context } = this;
		const size = Math.max(1.6, this.side / 300);
		this.spots = this.places(features);
		this.spots.forEach(([x, y], i) => {
			context.fillStyle = this.colors[labels[i]];
			context.beginPath();
			context.arc(x, y, size, 0, 2 * Math.PI);
			context.fill();
			if (predictions[i] === labels[i]) return;
			Object.assign(context, { strokeStyle: ink, lineWidth: 1 });
			context.beginPath();
			context.arc(x, y, size + 2, 0, 2 * Math.PI);
			context.stroke();
		});
	}

	drawBadges(weights, ink, background) {
		const { context, side } = this;
		const size = Math.max(10, side / 44);
		context.font = `bold ${1.15 * size}px system-ui`;
		for (let j = 0; j < weights.length / 2; j++) {
			const angle = Math.atan2(weights[2 * j + 1], weights[2 * j]);
			const [x, y] = [(BADGES * side * Math.cos(angle)) / 2, (-BADGES * side * Math.sin(angle)) / 2];
			Object.assign(context, { strokeStyle: ink, lineWidth: 1.2, globalAlpha: 0.6 });
			context.beginPath();
			context.moveTo(0, 0);
			context.lineTo(x, y);
			context.stroke();
			Object.assign(context, { fillStyle: this.colors[j], strokeStyle: background, globalAlpha: 1 });
			context.beginPath();
			context.arc(x, y, size, 0, 2 * Math.PI);
			context.fill();
			context.stroke();
			context.fillStyle = "#000000";
			context.fillText(this.names[j], x, y + 1);
		}
	}

	// The number of the dot that is nearest to a place of the canvas, or -1.
	nearest(left, top, reach = 14) {
		let [best, found] = [reach, -1];
		this.spots?.forEach(([x, y], i) => {
			const distance = Math.hypot(x + this.side / 2 - left, y + this.side / 2 - top);
			if (distance < best) [best, found] = [distance, i];
		});
		return found;
	}
}

// Two round lengths inside the rim with their share of it, and the rim itself.
function ringsOf(rim) {
	const decade = 10 ** Math.floor(Math.log10(rim));
	const round = [0.5, 1, 2, 5].map((digit) => Number((digit * decade).toPrecision(1)));
	const inside = round.map((length) => [length, length / rim]).filter(([, share]) => share > 0.3 && share < 0.9);
	return [...inside.slice(-2), [0, 1]];
}
