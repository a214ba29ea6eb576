"""What every source of data hands to the rest of the program."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from dataclasses import dataclass

import numpy as np

from marginalia.core.errors import InputError

FEWEST_CLASSES, MOST_CLASSES = 2, 1000
SMALLEST_SIDE = 12
LONGEST_NAME = 60
SEED_OF_VALIDATION = 0


@dataclass(frozen=True)
class Split:
    """images: uint8 (N, H, W) in grey or (N, H, W, 3) in colour; labels: int64 (N,), in 0 … C-1."""

    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def sample(self, count: int | None, seed: int) -> Split:
        """A fixed random choice of `count` items in their old order; all of them for None or too large a count."""
        chosen = self.sampled(count, seed)
        return self if len(chosen) == len(self) else Split(self.images[chosen], self.labels[chosen])

    def sampled(self, count: int | None, seed: int) -> np.ndarray:
        """The places in this split of the items that `sample` chooses, ascending."""
        if count is None or count >= len(self):
            return np.arange(len(self))
        return np.sort(np.random.default_rng(seed).permutation(len(self))[:count])

    def only(self, labels: list[int]) -> Split:
        """The items of these classes, which are counted anew in this order."""
        chosen = np.isin(self.labels, labels)
        ascending = np.argsort(labels)
        return Split(self.images[chosen], ascending[np.searchsorted(labels, self.labels[chosen], sorter=ascending)])


@dataclass(frozen=True)
class Dataset:
    """A named data set in memory. Raises InputError unless it has 2 to 1,000 classes and fitting images in both splits.

    held_out: test images of the classes `held_out_names`, which are none of `class_names` and not trained. validation:
    training images set aside, to choose by. notes: what a user should know of how the images were read.
    """

    name: str
    class_names: tuple[str, ...]
    train: Split
    test: Split
    held_out: Split | None = None
    held_out_names: tuple[str, ...] = ()
    validation: Split | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        classes = len(self.class_names)
        if not FEWEST_CLASSES <= classes <= MOST_CLASSES:
            raise InputError(
                f"data set {self.name}: {classes:,} classes; from {FEWEST_CLASSES} to {MOST_CLASSES:,} can be shown"
            )
        for name in self.class_names:
            if not 0 < len(name) <= LONGEST_NAME:
                raise InputError(
                    f"data set {self.name}: {name[:20]!r}… is no class name of 1 to {LONGEST_NAME} letters"
                )
        if len(set(self.class_names)) < classes:
            raise InputError(f"data set {self.name}: two classes have one name")
        for title, split in (("training", self.train), ("test", self.test)):
            if not len(split):
                raise InputError(f"data set {self.name}: no {title} images")
            if split.images.dtype != np.uint8 or split.labels.dtype != np.int64:
                raise InputError(
                    f"data set {self.name}: its {title} images are {split.images.dtype} and its labels "
                    f"{split.labels.dtype}; uint8 and int64 are needed"
                )
            if (
                split.images.shape != (len(split), *self.image_shape)
                or len(self.image_shape) not in (2, 3)
                or self.image_shape[2:] not in ((), (3,))
                or min(self.image_shape[:2]) < SMALLEST_SIDE
                or not 0 <= split.labels.min() <= split.labels.max() < classes
            ):
                raise InputError(f"data set {self.name}: its {title} images and labels do not fit together")

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(H, W), or (H, W, 3) in colour."""
        return self.train.images.shape[1:]

    def without(self, names: tuple[str, ...]) -> Dataset:
        """The data set with these classes held out of training; InputError for unknown ones, or if too few are left."""
        for name in names:
            if name not in self.class_names:
                raise InputError(f"--holdout {name}: {self.name} has the classes {', '.join(self.class_names)}")
        held = [label for label, name in enumerate(self.class_names) if name in names]
        left = [label for label, name in enumerate(self.class_names) if name not in names]
        if not held:
            return self
        if len(left) < FEWEST_CLASSES:
            raise InputError(f"--holdout leaves {len(left)} class(es) to train; {FEWEST_CLASSES} are needed")
        if not np.isin(self.test.labels, held).any():
            raise InputError(f"--holdout: {self.name} has no test images of {', '.join(names)}")
        known, unknown = (tuple(self.class_names[label] for label in labels) for labels in (left, held))
        return Dataset(
            self.name, known, self.train.only(left), self.test.only(left), self.test.only(held), unknown,
            notes=self.notes,
        )  # fmt: skip

    def with_validation(self, count: int) -> Dataset:
        """The data set with so many training images set aside, always the same.

        Raises InputError if a class is left without training images.
        """
        if not count:
            return self
        apart = np.zeros(len(self.train), bool)
        apart[self.train.sampled(count, SEED_OF_VALIDATION)] = True
        left, chosen = (Split(self.train.images[mask], self.train.labels[mask]) for mask in (~apart, apart))
        if len(np.unique(left.labels)) < len(np.unique(self.train.labels)):
            raise InputError(f"--validation {count:,} leaves a class of {self.name} without training images")
        return dataclasses.replace(self, train=left, validation=chosen)

    @functools.cached_property
    def digest(self) -> str:
        """A fingerprint of all images and labels: a run compares it to see whether its data changed."""
        content = hashlib.blake2b(digest_size=16)
        for split in filter(None, (self.train, self.test, self.held_out, self.validation)):
            content.update(np.ascontiguousarray(split.images).data)
            content.update(split.labels.data)
        return content.hexdigest()
