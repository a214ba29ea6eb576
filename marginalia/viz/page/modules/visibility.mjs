// Which points are shown.

export const FILTERED_OUT = 0;
export const SHOWN = 1;
export const SHOWN_ERROR = 2;

export function visibilityOf({ predictions, labels, count }, row, { hidden, errorsOnly }) {
	const visibility = new Uint8Array(count);
	for (let i = 0; i < count; i++) {
		const isWrong = predictions[row * count + i] !== labels[i];
		if (hidden.includes(labels[i]) || (errorsOnly && !isWrong)) visibility[i] = FILTERED_OUT;
		else visibility[i] = isWrong ? SHOWN_ERROR : SHOWN;
	}
	return visibility;
}
