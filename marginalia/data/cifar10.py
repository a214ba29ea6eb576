"""CIFAR-10: photographs of ten kinds of things, 32 x 32 pixels, in colour.

Source: Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from marginalia.data.dataset import Dataset, Split
from marginalia.data.torchvision_sets import unavailable


def load_cifar10(data_dir: Path) -> Dataset:
    """50,000 training and 10,000 test images, from `data_dir` or downloaded into it; InputError where neither works."""
    from torchvision.datasets import CIFAR10

    try:
        train, test = (CIFAR10(data_dir, train=train, download=True) for train in (True, False))
    except Exception as error:  # its readers of damaged files raise whatever comes
        raise unavailable("cifar-10", data_dir, error) from None
    splits = [Split(part.data, np.array(part.targets, dtype=np.int64)) for part in (train, test)]
    return Dataset("cifar-10", tuple(train.classes), splits[0], splits[1])


SOURCES = {"cifar-10": load_cifar10}
