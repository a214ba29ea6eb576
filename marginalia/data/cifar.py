"""CIFAR-10 and CIFAR-100: photographs of ten and of a hundred kinds of things, 32 x 32 pixels, in colour.

Source: Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from marginalia.data.dataset import Dataset, Split
from marginalia.data.torchvision_sets import unavailable


def load_cifar(name: str, data_dir: Path) -> Dataset:
    """50,000 training and 10,000 test images, from `data_dir` or downloaded into it; InputError where neither works."""
    from torchvision import datasets

    source = {"cifar-10": datasets.CIFAR10, "cifar-100": datasets.CIFAR100}[name]
    try:
        train, test = (source(data_dir, train=train, download=True) for train in (True, False))
    except Exception as error:  # its readers of damaged files raise whatever comes
        raise unavailable(name, data_dir, error) from None
    splits = [Split(part.data, np.array(part.targets, dtype=np.int64)) for part in (train, test)]
    return Dataset(name, tuple(train.classes), splits[0], splits[1])


SOURCES = {name: partial(load_cifar, name) for name in ("cifar-10", "cifar-100")}
