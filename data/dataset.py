"""What every source of data hands to the rest of the program."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from errors import InputError

FEWEST_CLASSES, MOST_CLASSES = 2, 47


@dataclass(frozen=True)
class Split:
    """images: uint8 (N, 28, 28); labels: int64 (N,), in 0 … C-1."""

    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def sample(self, count: int | None, seed: int) -> Split:
        """A fixed random choice of `count` items in their old order; all of them for None or too large a count."""
        if count is None or count >= len(self):
            return self
        chosen = np.sort(np.random.default_rng(seed).permutation(len(self))[:count])
        return Split(self.images[chosen], self.labels[chosen])


@dataclass(frozen=True)
class Dataset:
    """A named data set in memory. Raises InputError unless it has 2 to 47 classes and images in both splits."""

    name: str
    class_names: tuple[str, ...]
    train: Split
    test: Split

    def __post_init__(self) -> None:
        classes = len(self.class_names)
        if not FEWEST_CLASSES <= classes <= MOST_CLASSES:
            raise InputError(
                f"data set {self.name}: {classes} classes; from {FEWEST_CLASSES} to {MOST_CLASSES} can be shown"
            )
        for title, split in (("training", self.train), ("test", self.test)):
            if not len(split):
                raise InputError(f"data set {self.name}: no {title} images")
