// Gradient descent with momentum. Source: Sutskever et al., ICML 2013, in the form that PyTorch has.

const MOMENTUM = 0.9;

export class Sgd {
	constructor(parameters) {
		this.parameters = parameters;
		this.velocities = parameters.map((values) => new Float32Array(values.length));
	}

	step(gradients, rate) {
		this.parameters.forEach((values, n) => {
			const [gradient, velocity] = [gradients[n], this.velocities[n]];
			for (let i = 0; i < values.length; i++) {
				velocity[i] = MOMENTUM * velocity[i] + gradient[i];
				values[i] -= rate * velocity[i];
			}
		});
	}
}
