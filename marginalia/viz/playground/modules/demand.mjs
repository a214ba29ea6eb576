// One sentence: what the margin demands at this moment.

import { words } from "./words.mjs";

// wedges: of the picture, { width, kept }. classes: how many.
export function demand(wedges, classes, { m1, m2, m3 }) {
	const half = (share) => Math.round((180 * share) / classes);
	const kept = wedges.filter((wedge) => wedge.kept).reduce((sum, { width }) => sum + width, 0) / (2 * Math.PI);
	if (m1 === 1 && !m2 && !m3) return words("No margin: a class wins up to {}° from its line on average.", half(1));
	const plain = words("The digits right are counted without the margin.");
	if (kept < 0.01) return `${words("Hatched all over: no direction satisfies this margin.")} ${plain}`;
	const [inner, whole] = [half(kept), half(1)];
	const demanded = words("In training a class must win within {}° of its line on average, not {}°.", inner, whole);
	return `${demanded} ${plain}`;
}
