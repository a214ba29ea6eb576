/** A number with three or four digits that count, "–" where there is none. */
export function shown(value) {
	if (value === null) return "–";
	if (value !== 0 && (Math.abs(value) >= 1e5 || Math.abs(value) < 1e-3)) return value.toExponential(1);
	const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
	return value.toFixed(digits);
}

/** A share as per cent with so many decimals, any other number as it is. */
export function read(value, metric, decimals = 1) {
	return value !== null && metric.endsWith("accuracy") ? (100 * value).toFixed(decimals) : shown(value);
}

/** From where to where colours go: most of the numbers, without those that lie far below. */
export function limits(numbers) {
	const [low, quarter, middle, threeQuarters, high] = [0.05, 0.25, 0.5, 0.75, 0.95].map((share) => quantile(numbers, share));
	return [Math.max(low, middle - 3 * (threeQuarters - quarter)), high];
}

/** The value below which this share of the numbers lies. */
export function quantile(numbers, share) {
	const sorted = [...numbers].sort((a, b) => a - b);
	return sorted[Math.round(share * (sorted.length - 1))];
}
