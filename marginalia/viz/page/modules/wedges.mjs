// Wedges [label, start, width] between two snapshots.

import { interpolateAll } from "./numbers.mjs";

// They move if the next snapshot has the same labels in the same order; otherwise they wait for it.
export function movedWedges(wedges, { before, after, share }) {
	const from = wedges[before];
	const to = wedges[after];
	const alike = from.length === to.length && from.every(([label], i) => label === to[i][0]);
	return alike ? from.map((wedge, i) => interpolateAll(wedge, to[i], share)) : from;
}
