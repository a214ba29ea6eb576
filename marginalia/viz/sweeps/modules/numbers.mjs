/** A number with three or four digits that count, "–" where there is none. */
export function shown(value) {
	if (value === null) return "–";
	if (value !== 0 && (Math.abs(value) >= 1e5 || Math.abs(value) < 1e-3)) return value.toExponential(1);
	const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
	return value.toFixed(digits);
}

/** A share as per cent, any other number as it is. */
export function read(value, metric) {
	return value !== null && metric.endsWith("accuracy") ? shown(100 * value) : shown(value);
}

/** The value below which this share of the numbers lies. */
export function quantile(numbers, share) {
	const sorted = [...numbers].sort((a, b) => a - b);
	return sorted[Math.round(share * (sorted.length - 1))];
}
