// What one of two runs gets right and the other wrong.

// Whether two panes show the same images, so that their points can be told from each other one by one.
export function areComparable(panes) {
	return panes.length === 2 && panes[0].set === panes[1].set;
}

// 1 for each point that the first pane gets right and the second wrong, else 0. Each is { points, row }.
export function rightAndWrong(right, wrong) {
	const { labels, count } = right.points;
	const isRight = ({ points, row }, i) => points.predictions[row * count + i] === labels[i];
	return Uint8Array.from({ length: count }, (_, i) => Number(isRight(right, i) && !isRight(wrong, i)));
}

export function differenceInWords(panes, difference) {
	return `only ${panes[difference].run.name} is right`;
}
