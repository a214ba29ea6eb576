// The images that are taken for another class.

// Wrong in the most panes first, then by number.
export function findErrors(panes, hidden) {
	const found = new Map();
	for (const pane of panes) {
		const { labels, count } = pane.points;
		for (let index = 0; index < count; index++) {
			if (pane.predictionOf(index) === labels[index] || hidden.includes(labels[index])) continue;
			const image = pane.imageAt(index);
			const key = JSON.stringify(image);
			const error = found.get(key) ?? { image, pane, index, times: 0 };
			error.times++;
			found.set(key, error);
		}
	}
	return [...found.values()].sort((a, b) => b.times - a.times || a.image.number - b.image.number);
}
