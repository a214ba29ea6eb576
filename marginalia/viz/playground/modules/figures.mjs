// Numbers in words.

export function inPercent(share) {
	return share === null ? "–" : `${(100 * share).toFixed(1)} %`;
}

export function inThousandths(loss) {
	return Number.isFinite(loss) ? loss.toFixed(3) : "–";
}

export function inHundredths(value) {
	return value.toFixed(2).replace("-", "−");
}
