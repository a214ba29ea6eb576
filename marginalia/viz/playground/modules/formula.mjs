// A loss as a formula: what the own class gets, and what the others get.

export function formulaOf({ wNorm, xNorm, s, m1, m2, m3 }) {
	const bent = `${m1 === 1 ? "" : inShort(m1)}θ${m2 ? ` + ${inShort(m2)}` : ""}`;
	const scale = `${s === 1 ? "" : `${inShort(s)} `}${wNorm ? "" : "|w| "}${xNorm ? "" : "|x| "}`;
	const own = m3 ? `${scale}(cos(${bent}) − ${inShort(m3)})` : `${scale}cos(${bent})`;
	return { own, others: `${scale}cos θ` };
}

export function inShort(value) {
	return Number(value.toPrecision(3)).toString();
}
