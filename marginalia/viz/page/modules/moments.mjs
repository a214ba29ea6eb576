// A moment is { before, after, share }: two snapshots of a run, and how far it is from the one to the other.

// rows: the run's latest snapshot at each epoch of the page. position: a place among those epochs.
export function momentOf(rows, position) {
	const index = Math.floor(position);
	const before = rows[index];
	const after = rows[Math.min(index + 1, rows.length - 1)];
	return { before, after, share: before === after ? 0 : position - index };
}
