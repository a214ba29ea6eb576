// The moment as the address after #, so that a link shows the same.

function toHash({ split, hidden, errorsOnly, pinned }, epoch) {
	const parts = { epoch, split, hide: hidden, errors: errorsOnly ? 1 : "", image: pinned?.number ?? "" };
	const given = Object.entries(parts).filter(([, part]) => `${part}`);
	return `#${given.map((part) => part.join("=")).join("&")}`;
}

// What a hash says as far as it is understood; position: of the nearest epoch.
function fromHash(hash) {
	const given = new URLSearchParams(hash.slice(1));
	const whole = (text) => (/^\d{1,9}$/.test(text) ? Number(text) : null);
	const epoch = Number(given.get("epoch") ?? EPOCHS[LAST]) || 0;
	const distances = EPOCHS.map((there) => Math.abs(there - epoch));
	return {
		position: distances.indexOf(Math.min(...distances)),
		split: given.get("split") === "train" ? "train" : "test",
		hidden: (given.get("hide") ?? "").split(",").map(whole).filter((label) => label !== null),
		errorsOnly: given.get("errors") === "1",
		number: whole(given.get("image")),
	};
}
