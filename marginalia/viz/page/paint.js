// Paths; and thousands of dots straight into pixels, several times faster than paths.

const SUB = 4;
const dark = matchMedia("(prefers-color-scheme: dark)");
const theme = () => ABOUT.themes[dark.matches ? "dark" : "light"];

// Every element with an id, by its id.
const page = Object.fromEntries([...document.querySelectorAll("[id]")].map((found) => [found.id, found]));

function make(tag, properties, ...children) {
	const made = Object.assign(document.createElement(tag), properties);
	made.append(...children);
	return made;
}

function line(points) {
	const path = new Path2D();
	for (const point of points) path.lineTo(...point);
	return path;
}

function disc(centre, radius) {
	const path = new Path2D();
	path.arc(...centre, radius, 0, TURN);
	return path;
}

function box(...corners) {
	const path = new Path2D();
	path.roundRect(...corners);
	return path;
}

function draw(context, path, fill, stroke, width, dashes = []) {
	Object.assign(context, { fillStyle: fill, strokeStyle: stroke, lineWidth: width });
	context.setLineDash(dashes);
	if (fill) context.fill(path);
	if (stroke) context.stroke(path);
}

// The coverage (0 to 255) of a dot, or of a ring if it has a width, at SUB x SUB places within a pixel.
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

// A stamp in a colour 0xbbggrr around a place of a square image, if all of it fits.
function dot({ width, pixels }, x, y, { side, masks }, rgb) {
	const [left, top] = [x - (side - 1) / 2, y - (side - 1) / 2];
	const [column, row] = [Math.floor(left), Math.floor(top)];
	if (!(column >= 0 && row >= 0 && column + side <= width && row + side <= width)) return;
	const mask = masks[Math.floor((left - column) * SUB) + SUB * Math.floor((top - row) * SUB)];
	let i = 0;
	for (let start = row * width + column; i < mask.length; start += width) {
		for (let at = start; at < start + side; at++, i++) {
			const cover = mask[i];
			if (!cover) continue;
			const under = pixels[at];
			pixels[at] = cover === 255 || !under ? rgb | (cover << 24) : over(rgb, cover, under);
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

// An image, its greys as the opacity of the ink; two pixels a byte, the left one high.
function drawDigit({ digits }, index, canvas = make("canvas", { width: 28, height: 28 })) {
	const image = new ImageData(28, 28);
	const pixels = new Uint32Array(image.data.buffer);
	for (let i = 0; i < 784; i++) {
		const grey = (digits[392 * index + (i >> 1)] >> (i & 1 ? 0 : 4)) & 15;
		pixels[i] = theme().inkPixel | ((17 * grey) << 24);
	}
	canvas.getContext("2d").putImageData(image, 0, 0);
	return canvas;
}
