// An image is { data, split, number }: its data set, its split, and its place there.

export function sameImage(one, other) {
	return one?.number === other?.number && one?.data === other?.data;
}
