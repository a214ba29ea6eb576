// What a reader zooms to: { scale, x, y, rim }.
//
// x, y: the middle of the window, in the plane whose half height is 1. rim: the length at the rim stays as it was
// when the reader began to zoom; null while the camera is free.

import { clamp } from "./numbers.mjs";

export const WHOLE = { scale: 1, x: 0, y: 0, rim: null };
const LARGEST_SCALE = 40;

// Zooms by a factor; the given place stays where it is in the window.
export function zoomed(zoom, factor, [x, y]) {
	const scale = clamp(zoom.scale * factor, 1, LARGEST_SCALE);
	const share = zoom.scale / scale;
	return inside({ ...zoom, scale, x: x + (zoom.x - x) * share, y: y + (zoom.y - y) * share });
}

// Moves the window by this much of the plane.
export function panned(zoom, [x, y]) {
	return inside({ ...zoom, x: zoom.x + x, y: zoom.y + y });
}

// The window stays within the whole picture.
function inside(zoom) {
	const most = 1 - 1 / zoom.scale;
	return { ...zoom, x: clamp(zoom.x, -most, most), y: clamp(zoom.y, -most, most) };
}
