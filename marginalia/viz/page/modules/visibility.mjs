// Which points are shown.

export const FILTERED_OUT = 0;
export const SHOWN = 1;
export const SHOWN_ERROR = 2;

// only: 1 for each point that may be shown; null where all may.
export function visibilityOf({ predictions, labels, count }, row, { hidden, errorsOnly }, only = null) {
	const visibility = new Uint8Array(count);
	for (let i = 0; i < count; i++) {
		const isWrong = predictions[row * count + i] !== labels[i];
		if (hidden.includes(labels[i]) || (errorsOnly && !isWrong) || only?.[i] === 0) visibility[i] = FILTERED_OUT;
		else visibility[i] = isWrong ? SHOWN_ERROR : SHOWN;
	}
	return visibility;
}
