// Numbers in words.

export function inPercent(share) {
	return share === null ? "–" : `${(100 * share).toFixed(1)} %`;
}
