// One sentence: what the margin demands at this moment.

// wedges: of the picture, { width, kept }. classes: how many.
export function lesson(wedges, classes, { m1, m2, m3 }) {
	const half = (share) => `${Math.round((180 * share) / classes)}°`;
	const kept = wedges.filter((wedge) => wedge.kept).reduce((sum, { width }) => sum + width, 0) / (2 * Math.PI);
	if (m1 === 1 && !m2 && !m3) return `No margin: a class wins up to ${half(1)} from its line on average.`;
	const plain = "The digits right are counted without the margin.";
	if (kept < 0.01) return `Hatched all over: no direction satisfies this margin. ${plain}`;
	return `In training a class must win within ${half(kept)} of its line on average, not ${half(1)}. ${plain}`;
}
