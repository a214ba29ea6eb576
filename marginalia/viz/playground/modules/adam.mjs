// Adam. Source: Kingma and Ba (1412.6980), algorithm 1.

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

export class Adam {
	constructor(parameters) {
		this.parameters = parameters;
		this.first = parameters.map((values) => new Float32Array(values.length));
		this.second = parameters.map((values) => new Float32Array(values.length));
		this.steps = 0;
	}

	step(gradients, rate) {
		this.steps++;
		const scale = (rate * Math.sqrt(1 - BETA2 ** this.steps)) / (1 - BETA1 ** this.steps);
		const least = EPSILON * Math.sqrt(1 - BETA2 ** this.steps);
		this.parameters.forEach((values, n) => {
			const [gradient, first, second] = [gradients[n], this.first[n], this.second[n]];
			for (let i = 0; i < values.length; i++) {
				first[i] += (1 - BETA1) * (gradient[i] - first[i]);
				second[i] += (1 - BETA2) * (gradient[i] * gradient[i] - second[i]);
				values[i] -= (scale * first[i]) / (Math.sqrt(second[i]) + least);
			}
		});
	}
}
