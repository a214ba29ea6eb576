// A training of LeNet++ on all of MNIST that was recorded before: some test digits of every snapshot.

import { readerOf, takeSteps } from "../../page/modules/packing.mjs";
import { predictionsOf } from "./head.mjs";
import { unpacked } from "./packed.mjs";

const STEPS_OF_ALL = 4096;

class RecordedRun {
	// header: { epochs, accuracies, longest, weights, labels }, see recorded.py. bytes: of its block.
	constructor(name, spec, header, bytes) {
		Object.assign(this, { name, spec, header, labels: Uint8Array.from(header.labels) });
		const take = readerOf(bytes.buffer);
		const [rows, count] = [header.epochs.length, header.labels.length];
		this.angles = takeSteps(take, rows, count);
		this.lengths = takeSteps(take, rows, count);
	}

	// A snapshot, in the form of what the worker reports of a training.
	stateAt(row) {
		const { epochs, accuracies, longest } = this.header;
		const count = this.labels.length;
		const features = new Float32Array(2 * count);
		for (let i = 0; i < count; i++) {
			const angle = (this.angles[row * count + i] * 2 * Math.PI) / STEPS_OF_ALL;
			const length = (this.lengths[row * count + i] * longest[row]) / (STEPS_OF_ALL - 1);
			features.set([length * Math.cos(angle), length * Math.sin(angle)], 2 * i);
		}
		const weights = Float32Array.from(this.header.weights[row]);
		const predictions = predictionsOf(features, weights, this.spec);
		const rest = { pinned: [], strangers: [], drawn: null, spec: this.spec };
		return { features, weights, predictions, accuracy: accuracies[row], epoch: epochs[row], ...rest };
	}
}

// The records that the page carries.
export class Records {
	shown = null;

	// elements: the page's elements by id. pageData: with `records` and `presets`.
	constructor(elements, { records, presets }) {
		Object.assign(this, { elements, headers: records, presets });
	}

	// Shows the record of a preset, or none without a name; for a loss without a record the one before, or the first.
	async open(name) {
		const { epoch, ...elements } = this.elements;
		epoch.hidden = !name;
		if (!name) this.shown = null;
		const known = Object.hasOwn(this.headers, name) ? name : (this.shown?.name ?? Object.keys(this.headers)[0]);
		this.wanted = name && known;
		if (!name || known === this.shown?.name) return;
		const bytes = await unpacked(elements[`record-${known}`]);
		if (known !== this.wanted) return; // another one was wanted in the meantime
		const header = this.headers[known];
		epoch.max = header.epochs.length - 1;
		this.shown = new RecordedRun(known, this.presets[known], header, bytes);
	}
}
