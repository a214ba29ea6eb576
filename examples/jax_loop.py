"""JAX: softmax regression on a two-dimensional embedding of scikit-learn's digits, recorded by `rec.add`."""

import jax
import jax.numpy as jnp
from sklearn.datasets import load_digits

import marginalia as mg

EPOCHS, STEPS, RATE = 20, 150, 0.1


def embed(parameters: dict, images: jax.Array) -> jax.Array:
    return jnp.tanh(images @ parameters["first"]) @ parameters["second"]


@jax.value_and_grad
def loss_of(parameters: dict, images: jax.Array, labels: jax.Array) -> jax.Array:
    logits = embed(parameters, images) @ parameters["weights"].T + parameters["bias"]
    return -jnp.mean(jax.nn.log_softmax(logits)[jnp.arange(len(labels)), labels])


@jax.jit
def step(parameters: dict, images: jax.Array, labels: jax.Array) -> tuple[jax.Array, dict]:
    loss, gradient = loss_of(parameters, images, labels)
    return loss, jax.tree.map(lambda value, slope: value - RATE * slope, parameters, gradient)


def main(folder: str = "runs/jax", epochs: int = EPOCHS) -> None:
    images, labels = (jnp.asarray(part) for part in load_digits(return_X_y=True))
    images = images / 16
    keys = jax.random.split(jax.random.key(0), 3)
    shapes = {"first": (64, 64), "second": (64, 2), "weights": (10, 2)}
    parameters = {
        name: 0.3 * jax.random.normal(key, shape) for key, (name, shape) in zip(keys, shapes.items(), strict=True)
    }
    parameters["bias"] = jnp.zeros(10)
    with mg.Recorder(folder, lossname="softmax in JAX") as rec:
        for epoch in range(epochs):
            for _ in range(STEPS):
                loss, parameters = step(parameters, images, labels)
            features = embed(parameters, images)
            rec.add(epoch + 1, features, labels, weights=parameters["weights"], bias=parameters["bias"],
                    metrics={"loss": float(loss)})  # fmt: skip
    run = mg.read(folder)
    print(run, run.gif(f"{folder}/space.gif"), run.page(f"{folder}/page.html"))


if __name__ == "__main__":
    main()
