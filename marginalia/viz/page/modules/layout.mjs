// Lays the panes out in the window.

import { elements } from "./elements.mjs";
import { bestGrid } from "./grid.mjs";

// Returns the side of a pane.
export function layOut(count) {
	const { panes, transport } = elements;
	const rem = parseFloat(getComputedStyle(panes).fontSize);
	const height = innerHeight - panes.offsetTop - transport.offsetHeight - rem;
	const { columns, side, beside } = bestGrid(count, panes.clientWidth, height, rem);
	panes.style = `--columns: ${columns}; --side: ${side}px`;
	panes.classList.toggle("beside", beside);
	return side;
}
