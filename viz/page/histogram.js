// Angles to the own class, a bar stacked of all classes a degree; of all points of the snapshot, not only those shown.

// The tallest bar after the first snapshot, without the last bar, so that heights compare between epochs.
function tallestBar(run, { counts, bins }) {
	const sums = [];
	counts.forEach((count, i) => {
		const row = Math.floor(i / bins / run.classes.length);
		const bin = i % bins;
		if (bin < bins - 1 && (row || run.epochs.length === 1)) sums[row * bins + bin] = (sums[row * bins + bin] ?? 0) + count;
	});
	return 1.02 * sums.reduce((a, b) => Math.max(a, b), 1);
}

function drawHistogram(canvas, { run, split, moment: { before, after, share } }, hidden) {
	const context = canvas.getContext("2d");
	const { width, height } = canvas;
	const { counts, bins } = run[split];
	const tallest = (run[split].tallest ??= tallestBar(run, run[split]));
	context.clearRect(0, 0, width, height);
	for (let bin = 0; bin < bins; bin++) {
		const left = Math.round((bin * width) / bins);
		let top = height;
		run.colors.forEach((color, label) => {
			const at = (row) => counts[(row * run.classes.length + label) * bins + bin];
			const tall = hidden.has(label) ? 0 : (between(at(before), at(after), share) * height) / tallest;
			context.fillStyle = color;
			context.fillRect(left, (top -= tall), Math.round(((bin + 1) * width) / bins) - left, tall);
		});
	}
}
