// The moment as the address after #, so that a link shows the same.

export function toHash({ split, hidden, errorsOnly, difference, pinned }, epoch) {
	const right = difference === null ? "" : difference + 1;
	const parts = { epoch, split, hide: hidden, errors: errorsOnly ? 1 : "", right, image: pinned?.number ?? "" };
	const given = Object.entries(parts).filter(([, part]) => `${part}`);
	return `#${given.map((part) => part.join("=")).join("&")}`;
}

// What a hash says as far as it is understood; position: of the nearest of the epochs.
export function fromHash(hash, epochs) {
	const given = new URLSearchParams(hash.slice(1));
	const epoch = Number(given.get("epoch") ?? epochs.at(-1)) || 0;
	const distances = epochs.map((there) => Math.abs(there - epoch));
	return {
		position: distances.indexOf(Math.min(...distances)),
		split: given.get("split") === "train" ? "train" : "test",
		hidden: (given.get("hide") ?? "").split(",").map(wholeNumber).filter((label) => label !== null),
		errorsOnly: given.get("errors") === "1",
		difference: { 1: 0, 2: 1 }[given.get("right")] ?? null,
		number: wholeNumber(given.get("image")),
	};
}

function wholeNumber(text) {
	return /^\d{1,9}$/.test(text) ? Number(text) : null;
}
