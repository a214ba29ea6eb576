// A full circle in radians, and what lies between two values or two lists of them.

export const TURN = 2 * Math.PI;

export function interpolate(start, end, share) {
	return start + (end - start) * share;
}

export function interpolateAll(starts, ends, share) {
	return starts.map((start, i) => interpolate(start, ends[i], share));
}

export function clamp(value, least, most) {
	return Math.min(most, Math.max(least, value));
}

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

// One digit and its decade: 0.5, 20,000, 2·10⁶, 5·10⁻⁶.
export function lengthInWords(length) {
	if (length < 1e6 && length >= 1e-4) return length.toLocaleString("en", { maximumFractionDigits: 4 });
	const [digit, exponent] = length.toExponential(0).split("e");
	const raised = exponent.replace("+", "").replace("-", "⁻").replace(/\d/g, (place) => SUPERSCRIPTS[place]);
	return `${digit}·10${raised}`;
}
