// Numbers in words.

export function inPercent(share) {
	return share === null ? "–" : `${(100 * share).toFixed(1)} %`;
}

export function inThousandths(loss) {
	if (!Number.isFinite(loss)) return "–";
	return loss < 1e4 ? loss.toFixed(3) : loss.toExponential(1).replace("e+", "e");
}

export function inHundredths(value) {
	return value.toFixed(2).replace("-", "−");
}
