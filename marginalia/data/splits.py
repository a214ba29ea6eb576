"""Which images of the user's own are for training, and which for testing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from marginalia.data.class_folders import some

TEST_SHARE = 1 / 6
SPLIT_SEED = 0


def one_in_six(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The places, int64, of the training and of the test images, for their labels, int64 (N,).

    One in six of each class, and at least one, is for testing, by a fixed seed.
    """
    random = np.random.default_rng(SPLIT_SEED)
    train, test = [], []
    for label in np.unique(labels):
        order = random.permutation(np.flatnonzero(labels == label))
        count = max(1, round(len(order) * TEST_SHARE))
        test.append(order[:count])
        train.append(order[count:])
    return np.concatenate(train), np.concatenate(test)


def untested(class_names: Sequence[str], test_labels: np.ndarray) -> list[str]:
    """A note on the classes without test images, if there are any."""
    left = dict.fromkeys(name for label, name in enumerate(class_names) if label not in test_labels)
    return [f"{len(left):,} class(es) without test images ({some(left)})"] if left else []


def too_few(count: int, is_split: bool) -> str:
    """What to say of a class of so few training images, "" of one that has enough.

    is_split: whether the test images are there already and need not be chosen from these.
    """
    fewest, wanted = (1, "1 is needed, to train") if is_split else (2, "2 are needed, to train and to test")
    return "" if count >= fewest else f"{count} image(s), at least {wanted}"
