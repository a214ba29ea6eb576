// How far a feature is from its class and from the best other.

// weights: [angle, length] of each class. byDistance: classes win by distance, not by the logit of an angle.
export function classDistances(weights, [x, y], label, byDistance) {
	const distance = ([angle, length]) => Math.hypot(x - length * Math.cos(angle), y - length * Math.sin(angle));
	const angleTo = ([angle]) => Math.acos(Math.cos(angle - Math.atan2(y, x)));
	const far = weights.map(byDistance ? distance : angleTo);
	const logits = weights.map(([, length], j) => (byDistance ? -far[j] : length * Math.cos(far[j])));
	const runnerUp = logits.indexOf(Math.max(...logits.filter((_, j) => j !== label)));
	return { own: far[label], next: far[runnerUp], runnerUp };
}
