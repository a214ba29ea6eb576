// A perceptron with leaky units, on typed arrays: rows of a batch, weights as (inputs, outputs).

import { Products } from "./products.mjs";

const LEAK = 0.25;

export class Network {
	// sizes: the numbers of units, from the inputs to the embedding; all but the last, and the batch, are multiples of 4.
	// random: gives numbers from 0 to 1.
	constructor(sizes, batch, random) {
		const products = new Products();
		Object.assign(this, { sizes, batch, products });
		this.layers = sizes.slice(1).map((outputs, l) => {
			const inputs = sizes[l];
			const bound = Math.sqrt(6 / ((1 + LEAK * LEAK) * inputs));
			const weight = products.array(inputs * outputs);
			weight.forEach((_, i) => (weight[i] = bound * (2 * random() - 1)));
			return { inputs, outputs, weight, bias: products.array(outputs) };
		});
		this.activations = sizes.map((size) => products.array(batch * size));
		this.slopes = sizes.map((size) => products.array(batch * size));
		this.gradients = this.layers.map(({ weight, bias }) => ({
			weight: products.array(weight.length), bias: products.array(bias.length),
		}));
	}

	get parameters() {
		return this.layers.flatMap(({ weight, bias }) => [weight, bias]);
	}

	get parameterGradients() {
		return this.gradients.flatMap(({ weight, bias }) => [weight, bias]);
	}

	// inputs: (rows, sizes[0]), rows at most the batch. Returns the embedding, (rows, 2), which the next call overwrites.
	forward(inputs, rows = this.batch) {
		this.activations[0].set(inputs.subarray(0, rows * this.sizes[0]));
		this.layers.forEach(({ inputs: size, outputs, weight, bias }, l) => {
			const out = this.activations[l + 1];
			for (let i = 0; i < rows; i++) out.set(bias, i * outputs);
			this.products.addProduct(this.activations[l], rows, size, weight, outputs, out);
			if (l + 1 < this.layers.length) for (let i = 0; i < rows * outputs; i++) if (out[i] < 0) out[i] *= LEAK;
		});
		return this.activations.at(-1).subarray(0, rows * this.sizes.at(-1));
	}

	// outputGradient: dloss/dembedding, (batch, 2). Fills the gradients of all parameters.
	backward(outputGradient) {
		const rows = this.batch;
		this.slopes.at(-1).set(outputGradient);
		for (let l = this.layers.length - 1; l >= 0; l--) {
			const { inputs, outputs, weight } = this.layers[l];
			const [slope, below] = [this.slopes[l + 1], this.activations[l]];
			const gradient = this.gradients[l];
			gradient.weight.fill(0);
			gradient.bias.fill(0);
			this.products.addOuterProducts(below, rows, inputs, slope, outputs, gradient.weight);
			for (let i = 0; i < rows * outputs; i++) gradient.bias[i % outputs] += slope[i];
			if (!l) return;
			this.products.multiplyByTransposed(slope, rows, outputs, weight, inputs, this.slopes[l]);
			for (let i = 0; i < rows * inputs; i++) if (below[i] < 0) this.slopes[l][i] *= LEAK;
		}
	}
}
