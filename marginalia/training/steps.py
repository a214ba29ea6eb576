"""The steps of a training: which images each of them sees, and the loop around them."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from typing import TypeVar

import numpy as np
from torch import Tensor, stack

from marginalia.core.errors import InputError

STEPS_BETWEEN_REPORTS = 8
Batch = TypeVar("Batch")


class DivergedError(InputError):
    """Loss, weights or features are no longer finite."""

    def __init__(self, what: str):
        super().__init__(
            f"{what}; what was saved until then is kept; try a lower --lr, a smaller margin or --precision fp32"
        )


def take_steps(
    step: Callable[[Batch], Tensor], batches: Iterable[Batch], first: int, due: Container[int]
) -> Iterator[tuple[int, list[float]]]:
    """Takes a step for each batch and yields how many are done, with the losses since it yielded last.

    It yields where a step is `due`, and now and then between: reading a loss makes a device wait. Raises DivergedError
    naming the first step whose loss is not finite.
    """
    losses: list[Tensor] = []
    for done, batch in enumerate(batches, start=first + 1):
        losses.append(step(batch))
        if done in due or not done % STEPS_BETWEEN_REPORTS:
            yield done, finite(losses, done)
            losses.clear()


def finite(losses: list[Tensor], done: int) -> list[float]:
    """The losses of the last steps as numbers. Raises DivergedError naming the first step that has none."""
    values = stack(losses).tolist()
    for step, value in enumerate(values, start=done - len(values) + 1):
        if not np.isfinite(value):
            raise DivergedError(f"the loss is {value} at step {step}")
    return values


def steps_of_epoch(images: int, batch_size: int) -> int:
    """Full batches; what is left over waits for the next epoch's order."""
    return images // min(batch_size, images)


def indices(images: int, batch_size: int, seed: int, steps: range) -> Iterator[np.ndarray]:
    """Which images each step sees, int64 (batch_size,); the order of each epoch follows from the seed alone."""
    each, order, ordered = steps_of_epoch(images, batch_size), np.array([]), -1
    for step in steps:
        epoch, number = divmod(step, each)
        if epoch != ordered:
            order, ordered = np.random.default_rng((seed, epoch)).permutation(images), epoch
        yield order[number * batch_size : (number + 1) * batch_size]
