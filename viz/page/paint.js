// Lines and discs; and thousands of round dots straight into pixels, several times faster than as many discs.

const SUB = 4;
const element = (id) => document.getElementById(id);

function line(points) {
	const path = new Path2D();
	for (const point of points) path.lineTo(...point);
	return path;
}

function disc([x, y], radius) {
	const path = new Path2D();
	path.arc(x, y, radius, 0, TURN);
	return path;
}

function draw(context, path, fill, stroke, width, dashes = []) {
	Object.assign(context, { fillStyle: fill, strokeStyle: stroke, lineWidth: width });
	context.setLineDash(dashes);
	if (fill) context.fill(path);
	if (stroke) context.stroke(path);
}

// The coverage of a dot, or of a ring if it has a width, 0 to 255, at SUB x SUB places within a pixel.
function makeStamp(radius, width = 0, alpha = 1) {
	const side = Math.ceil(2 * radius + width) + 2;
	const masks = Array.from({ length: SUB * SUB }, (_, sub) => {
		const cx = (side - 1) / 2 + ((sub % SUB) + 0.5) / SUB;
		const cy = (side - 1) / 2 + (Math.floor(sub / SUB) + 0.5) / SUB;
		return Uint8Array.from({ length: side * side }, (_, i) => {
			const distance = Math.hypot((i % side) + 0.5 - cx, Math.floor(i / side) + 0.5 - cy);
			const inside = width ? width / 2 - Math.abs(distance - radius) : radius - distance;
			return 255 * alpha * Math.min(1, Math.max(0, inside + 0.5));
		});
	});
	return { side, masks };
}

class Raster {
	constructor(side) {
		this.side = side;
		this.image = new ImageData(side, side);
		this.pixels = new Uint32Array(this.image.data.buffer);
	}

	// rgb: 0xbbggrr. Dots that reach over the edge are left away.
	dot(x, y, stamp, rgb) {
		const { side, pixels } = this;
		const left = x - (stamp.side - 1) / 2;
		const top = y - (stamp.side - 1) / 2;
		const column = Math.floor(left);
		const row = Math.floor(top);
		if (!(column >= 0 && row >= 0 && column + stamp.side <= side && row + stamp.side <= side)) return;
		const mask = stamp.masks[Math.floor((left - column) * SUB) + SUB * Math.floor((top - row) * SUB)];
		for (let j = 0, i = 0; j < stamp.side; j++) {
			for (let at = (row + j) * side + column, end = at + stamp.side; at < end; at++, i++) {
				if (!mask[i]) continue;
				pixels[at] = mask[i] === 255 || !pixels[at] ? rgb | (mask[i] << 24) : over(rgb, mask[i], pixels[at]);
			}
		}
	}
}

// A colour of this coverage, 1 to 254, over a pixel that is not empty.
function over(rgb, cover, under) {
	const alpha = cover + ((under >>> 24) * (255 - cover)) / 255;
	let mixed = Math.round(alpha) << 24;
	for (let shift = 0; shift < 24; shift += 8) {
		mixed |= between((under >> shift) & 255, (rgb >> shift) & 255, cover / alpha) << shift;
	}
	return mixed;
}

// "#rrggbb" as the pixels of an ImageData hold it.
function packedColor(color) {
	const value = parseInt(color.slice(1), 16);
	return (value >> 16) | (value & 0xff00) | ((value & 255) << 16);
}

// One image, its greys as the opacity of the ink.
function drawDigit(canvas, greys) {
	canvas.width = canvas.height = 28;
	const image = new ImageData(28, 28);
	const ink = packedColor(theme().ink);
	new Uint32Array(image.data.buffer).set(Array.from(greys, (grey) => ink | (grey << 24)));
	canvas.getContext("2d").putImageData(image, 0, 0);
	return canvas;
}
