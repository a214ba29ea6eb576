// The moment as the part of the address after #, so that a link shows the same.

function toHash({ split, hidden, errorsOnly, pinned }, epoch) {
	const parts = [`epoch=${Number(epoch.toPrecision(6))}`, `split=${split}`];
	if (hidden.size) parts.push(`hide=${[...hidden].sort((a, b) => a - b)}`);
	if (errorsOnly) parts.push("errors=1");
	if (pinned) parts.push(`image=${pinned.number}`);
	return `#${parts.join("&")}`;
}

// What a hash says as far as it can be understood; position: of the epoch that is nearest.
function fromHash(hash, classes) {
	const given = new URLSearchParams(hash.slice(1));
	const whole = (text) => (/^\d{1,9}$/.test(text ?? "") ? Number(text) : null);
	const hidden = (given.get("hide") ?? "").split(",").map(whole);
	const epoch = Number(given.get("epoch") ?? EPOCHS[LAST]) || 0;
	const distances = EPOCHS.map((there) => Math.abs(there - epoch));
	return {
		position: distances.indexOf(Math.min(...distances)),
		split: SPLITS.includes(given.get("split")) ? given.get("split") : "test",
		hidden: new Set(hidden.filter((label) => label !== null && label < classes)),
		errorsOnly: given.get("errors") === "1",
		number: whole(given.get("image")),
	};
}
