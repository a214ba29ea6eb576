"""The embedded MNIST: four .xz IDX files beside this one, checked against their MD5 on every load."""

from __future__ import annotations

import hashlib
import lzma
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from marginalia.core.errors import InputError
from marginalia.data.dataset import Dataset, Split

FOLDER = Path(__file__).parent / "mnist"
VALIDATION = 10_000
HEADER_BYTES = {"images": 16, "labels": 8}
RESTORE = "restore it with git checkout, or install Marginalia again"
MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}


def load_mnist(folder: Path = FOLDER) -> Dataset:
    """60,000 training and 10,000 test digits of LeCun, Cortes and Burges.

    Raises InputError naming the file when one is missing, truncated or altered.
    """
    with ThreadPoolExecutor() as pool:
        raw = dict(zip(MD5, pool.map(lambda name: checked_bytes(folder / f"{name}.xz", MD5[name]), MD5), strict=True))
    train, test = (Split(images_of(raw, prefix), labels_of(raw, prefix)) for prefix in ("train", "t10k"))
    return Dataset("mnist", tuple("0123456789"), train, test)


def checked_bytes(path: Path, md5: str) -> bytes:
    """The file's unpacked content, after its MD5 was found right; InputError otherwise."""
    try:
        content = lzma.decompress(path.read_bytes())
    except FileNotFoundError:
        raise InputError(f"{path} is missing; {RESTORE}") from None
    except (lzma.LZMAError, OSError) as error:
        raise InputError(f"{path} is damaged ({error}); {RESTORE}") from None
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != md5:
        raise InputError(f"{path} is damaged (wrong MD5); {RESTORE}")
    return content


def images_of(raw: dict[str, bytes], prefix: str) -> np.ndarray:
    pixels = np.frombuffer(raw[f"{prefix}-images-idx3-ubyte"], np.uint8, offset=HEADER_BYTES["images"])
    return pixels.reshape(-1, 28, 28)


def labels_of(raw: dict[str, bytes], prefix: str) -> np.ndarray:
    return np.frombuffer(raw[f"{prefix}-labels-idx1-ubyte"], np.uint8, offset=HEADER_BYTES["labels"]).astype(np.int64)


def for_validation(whole: Dataset) -> Dataset:
    """The last 10,000 training images in place of the test images, so that numbers can be chosen without those."""
    train, last = slice(None, -VALIDATION), slice(-VALIDATION, None)
    images, labels = whole.train.images, whole.train.labels
    return Dataset(
        "mnist-validation", whole.class_names, Split(images[train], labels[train]), Split(images[last], labels[last])
    )


SOURCES = {
    "mnist": lambda _: load_mnist(),
    "mnist-validation": lambda _: for_validation(load_mnist()),
}
