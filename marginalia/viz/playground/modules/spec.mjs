// The numbers of a loss, { wNorm, xNorm, s, m1, m2, m3 }, by the controls of the page.

// The part of a loss that a control stands for; the scale is a power of two.
export function partOf(name, value) {
	if (name === "w-norm") return { wNorm: Boolean(value) };
	if (name === "x-norm") return { xNorm: Boolean(value) };
	return { [name]: name === "s" ? 2 ** value : value };
}
