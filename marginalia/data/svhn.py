"""SVHN: digits of house numbers, 32 x 32 pixels, in colour.

Source: Netzer et al., Reading Digits in Natural Images with Unsupervised Feature Learning, NIPS workshop 2011.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from marginalia.data.dataset import Dataset, Split
from marginalia.data.torchvision_sets import unavailable


def load_svhn(data_dir: Path) -> Dataset:
    """73,257 training and 26,032 test images, from `data_dir` or downloaded into it; InputError where neither works."""
    from torchvision.datasets import SVHN

    try:
        parts = [SVHN(data_dir, split=split, download=True) for split in ("train", "test")]
    except Exception as error:  # its readers of damaged files raise whatever comes
        raise unavailable("svhn", data_dir, error) from None
    train, test = (Split(part.data.transpose(0, 2, 3, 1).copy(), part.labels.astype(np.int64)) for part in parts)
    return Dataset("svhn", tuple("0123456789"), train, test)


SOURCES = {"svhn": load_svhn}
