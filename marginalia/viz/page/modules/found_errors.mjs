// The images that are taken for another class.

// Wrong in the most panes first, then by number. only: 1 for each point that may be shown; null where all may.
export function findErrors(panes, hidden, only = null) {
	const found = new Map();
	for (const pane of panes) {
		const { labels, count } = pane.points;
		for (let index = 0; index < count; index++) {
			const isRight = pane.predictionOf(index) === labels[index];
			if (isRight || hidden.includes(labels[index]) || only?.[index] === 0) continue;
			const image = pane.imageAt(index);
			const key = JSON.stringify(image);
			const error = found.get(key) ?? { image, pane, index, times: 0 };
			error.times++;
			found.set(key, error);
		}
	}
	return [...found.values()].sort((a, b) => b.times - a.times || a.image.number - b.image.number);
}
