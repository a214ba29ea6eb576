// One sentence: what the margin demands at this moment.

import { inHundredths } from "./figures.mjs";
import { psi } from "./margin.mjs";
import { words } from "./words.mjs";

// wedges: of the picture, { width, kept }. classes: how many.
export function demand(wedges, classes, spec) {
	const { m1, m2, m3 } = spec;
	const half = (share) => Math.round((180 * share) / classes);
	const kept = wedges.filter((wedge) => wedge.kept).reduce((sum, { width }) => sum + width, 0) / (2 * Math.PI);
	if (m1 === 1 && !m2 && !m3) return words("No margin: a class wins up to {}° from its line on average.", half(1));
	const [own, neighbour] = [psi(0, spec), Math.cos((2 * Math.PI) / classes)];
	if (own < neighbour) {
		const values = [classes, inHundredths(own), inHundredths(neighbour)];
		const lack = words("Too large for {} classes: a digit on its line gets {}, the next line gets {}.", ...values);
		return `${lack} ${words("Press Reset to see what comes of it.")}`;
	}
	const [inner, whole] = [half(kept), half(1)];
	const demanded = words("In training a class wins only up to {}° from its line on average, not {}°.", inner, whole);
	return `${demanded} ${words("The digits right are counted without the margin.")}`;
}
