// How lengths of features become lengths in the plane of a pane, whose half height is 1; as in viz/camera.py.
//
// A camera is { kind, disc, reach, rims, short, justBeyond, leastRing, largestRing, mostRings, digits }.
// rims: the length of a feature at the rim of the disc, for each snapshot; a fixed camera has none.

const DECADES_BELOW = 6;

// Between two snapshots the rim moves evenly in its logarithm.
export function rimAt({ rims }, { before, after, share }) {
	return rims[before] ** (1 - share) * rims[after] ** share;
}

// How far from the middle to the rim a feature of this length stands, 1 at the rim.
export function shareOfDisc({ kind, short }, length, rim) {
	return kind === "log" ? Math.log1p(length / short) / Math.log1p(rim / short) : length / rim;
}

// By what a feature of this length is multiplied. What is longer than the rim stands just beyond it.
export function scaleOf(camera, length, rim) {
	if (camera.kind === "fixed") return 1 / camera.reach;
	return length > 0 ? (camera.disc * Math.min(shareOfDisc(camera, length, rim), camera.justBeyond)) / length : 0;
}

// By what every length within the disc is multiplied; null on a logarithmic scale.
export function linearScale({ kind, disc, reach }, rim) {
	if (kind === "log") return null;
	return kind === "fixed" ? 1 / reach : disc / rim;
}

// Round lengths and the radii at which they stand: 1, 2, 5, 10, …, the longest first.
export function ringsAt(camera, rim) {
	if (camera.kind === "fixed") return [];
	const top = Math.floor(Math.log10(rim));
	const rings = [];
	for (let decade = top; decade >= top - DECADES_BELOW; decade--) {
		for (const digit of camera.digits) {
			const length = Number(`${digit}e${decade}`);
			const share = shareOfDisc(camera, length, rim);
			if (share >= camera.leastRing && share <= camera.largestRing) rings.push([length, camera.disc * share]);
		}
	}
	return rings.sort(([a], [b]) => b - a).slice(0, camera.mostRings);
}
