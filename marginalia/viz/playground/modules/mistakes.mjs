// Which two digits are taken for each other most often, in words.

import { words } from "./words.mjs";

// predictions and labels: classes by number; names: of the classes.
export function mistakes(predictions, labels, names) {
	const counts = new Map();
	predictions.forEach((prediction, i) => {
		if (prediction === labels[i]) return;
		const pair = [prediction, labels[i]].sort((a, b) => a - b).map((label) => names[label]);
		counts.set(pair.join(), { pair, count: (counts.get(pair.join())?.count ?? 0) + 1 });
	});
	const [most] = [...counts.values()].sort((a, b) => b.count - a.count);
	if (!most) return words("no digit mistaken");
	return words("most mistaken: {} and {} ({})", ...most.pair, most.count);
}
