// The texts of the page, in English or translated.

let table = {};

// translations: { English text: translation }; what is missing stays English.
export function useWords(translations) {
	table = translations;
}

// text: with {} where the values go.
export function words(text, ...values) {
	let n = 0;
	const said = Object.hasOwn(table, text) ? table[text] : text;
	return said.replace(/\{\}/g, (place) => (n < values.length ? values[n++] : place));
}
