// How many panes stand side by side, and how large they are.

const ABOVE_AND_BELOW = 12;
const ABOVE = 4.4;
const READINGS_BESIDE = 14;
const TALL_ENOUGH_FOR_BESIDE = 24;
const SMALLEST_SIDE = 13;
const SMALLEST_COLUMN = 19;
const GAP = 1.5;

// Panes as large as `width` x `height` pixels let them be, readings below or beside them; too small, they scroll.
export function bestGrid(count, width, height, rem) {
	const inRows = (rows) => sized(count, rows, width, height / rows - rem, rem, ABOVE_AND_BELOW, TALL_ENOUGH_FOR_BESIDE);
	const fitting = Array.from({ length: count }, (_, i) => inRows(i + 1));
	const best = fitting.reduce((a, b) => (b.side > a.side ? b : a));
	if (best.side >= SMALLEST_SIDE * rem) return best;
	const columns = Math.max(1, Math.floor(width / (SMALLEST_COLUMN * rem)));
	return sized(count, Math.ceil(count / columns), width, height, rem, ABOVE, 0);
}

// around: the height above and below a space, in rem. tall: from where on readings may stand beside it, in rem.
function sized(count, rows, width, height, rem, around, tall) {
	const columns = Math.ceil(count / rows);
	const column = (width + GAP * rem) / columns - GAP * rem;
	const below = Math.min(column, height - around * rem);
	const beside = height > tall * rem ? Math.min(height, column - READINGS_BESIDE * rem) : 0;
	return { columns, side: Math.floor(Math.max(below, beside)), beside: beside > below };
}
