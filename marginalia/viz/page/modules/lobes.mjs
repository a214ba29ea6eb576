// Where the features of each class point; as in viz/lobes.py.
//
// A scale is { bins, bandwidth, least, largest, leastGap, halfLabel }: bandwidth in degrees, shares a degree.

import { gapsBetween, wrapped } from "./directions.mjs";
import { TURN, clamp } from "./numbers.mjs";

const KERNEL_BANDWIDTHS = 6;

// The share of each class per degree of direction, class after class; smoothed by a Gaussian.
export function densitiesOf([xs, ys], labels, classes, { bins, bandwidth }) {
	const counts = new Uint16Array(classes * bins);
	const members = new Uint32Array(classes);
	for (let i = 0; i < labels.length; i++) {
		members[labels[i]]++;
		if (!xs[i] && !ys[i]) continue; // it points nowhere
		const bin = Math.floor((wrapped(Math.atan2(ys[i], xs[i])) * bins) / TURN);
		counts[labels[i] * bins + Math.min(bin, bins - 1)]++;
	}
	const kernel = gaussian(bins, bandwidth);
	const reach = kernel.length >> 1;
	const densities = new Float32Array(classes * bins);
	for (let i = 0; i < counts.length; i++) {
		if (!counts[i]) continue;
		const bin = i % bins;
		const weight = counts[i] / members[(i - bin) / bins];
		let at = bin < reach ? bin - reach + bins : bin - reach;
		for (let k = 0; k < kernel.length; k++) {
			densities[i - bin + at] += weight * kernel[k];
			at = at + 1 < bins ? at + 1 : 0;
		}
	}
	return densities;
}

// A class in a single direction has a density near 1 there: all of it in one degree.
function gaussian(bins, bandwidth) {
	const binsPerDegree = bins / 360;
	const reach = Math.ceil(KERNEL_BANDWIDTHS * bandwidth * binsPerDegree);
	const height = 1 / (bandwidth * Math.sqrt(TURN));
	return Float64Array.from({ length: 2 * reach + 1 }, (_, i) => {
		return height * Math.exp(-0.5 * ((i - reach) / binsPerDegree / bandwidth) ** 2);
	});
}

// 0 at the least share or below it, 1 where a degree holds all of a class, evenly in the logarithm.
export function heightOf(density, { least, largest }) {
	return clamp(Math.log(Math.max(density, least) / least) / Math.log(largest / least), 0, 1);
}

// [start, end) of the runs of bins in which one class stands out; an end may be beyond the last bin.
export function standingRuns(densities, label, { bins, least }) {
	const density = densities.subarray(label * bins, (label + 1) * bins);
	const first = density.findIndex((value) => !(value > least));
	if (first < 0) return [[0, bins]];
	const runs = [];
	let isInside = false;
	for (let bin = first; bin < first + bins; bin++) {
		const stands = density[bin < bins ? bin : bin - bins] > least;
		if (stands && !isInside) runs.push([bin, bin]);
		if (stands) runs.at(-1)[1] = bin + 1;
		isInside = stands;
	}
	return runs;
}

// The middle between two neighbours among the badges where the lobes are lowest.
export function freeDirection(densities, classes, badges, { bins, leastGap, halfLabel }) {
	const gaps = gapsBetween(badges);
	const wide = Math.min(leastGap, Math.max(...gaps.map(([, width]) => width)));
	const middles = gaps.filter(([, width]) => width >= wide).map(([start, width]) => wrapped(start + width / 2));
	const crowds = middles.map((middle) => {
		const centre = Math.floor((middle * bins) / TURN);
		let crowd = 0;
		for (let label = 0; label < classes; label++) {
			for (let bin = centre - halfLabel; bin <= centre + halfLabel; bin++) {
				crowd = Math.max(crowd, densities[label * bins + ((bin + bins) % bins)]);
			}
		}
		return crowd;
	});
	return middles[crowds.indexOf(Math.min(...crowds))];
}
