// Angles to the own class, a bar of all classes a degree; of all points, not only those shown.

function drawHistogram(canvas, { run, split, moment: { before, after, share } }, hidden) {
	const context = canvas.getContext("2d");
	const { width, height } = canvas;
	const { bins } = ABOUT;
	context.clearRect(0, 0, width, height);
	for (let bin = 0; bin < bins; bin++) {
		const left = Math.round((bin * width) / bins);
		let top = height;
		run.colors.forEach((color, label) => {
			const at = (row) => run[split].counts[(row * run.classes.length + label) * bins + bin];
			const tall = hidden.includes(label) ? 0 : (between(at(before), at(after), share) * height) / run.tallest[split];
			context.fillStyle = color;
			context.fillRect(left, (top -= tall), Math.round(((bin + 1) * width) / bins) - left, tall);
		});
	}
}
