"""Where a data set comes from, by the name that `--dataset` takes."""

from __future__ import annotations

import gzip
from pathlib import Path
from zipfile import ZipFile

import numpy as np

from marginalia.core.errors import InputError
from marginalia.core.names import FOLDER_PREFIX
from marginalia.data.dataset import Dataset, Split
from marginalia.data.image_folder import load_folder
from marginalia.data.mnist import load_mnist

TORCHVISION = ("fashion-mnist", "kmnist", "emnist-letters")
NAMES = ("mnist", "mnist-validation", *TORCHVISION)
VALIDATION = 10_000


def load_dataset(name: str, data_dir: Path) -> Dataset:
    """The data set called `name`; `data_dir` is where torchvision's own are looked for and downloaded to.

    Raises InputError for an unknown name or data that cannot be had.
    """
    if name == "mnist":
        return load_mnist()
    if name == "mnist-validation":
        return for_choosing(load_mnist())
    if name in TORCHVISION:
        return load_torchvision(name, data_dir)
    if name.startswith(FOLDER_PREFIX):
        return load_folder(Path(name.removeprefix(FOLDER_PREFIX)))
    raise InputError(f"unknown data set {name!r}; known are {', '.join(NAMES)} and folder:PATH")


def for_choosing(whole: Dataset) -> Dataset:
    """The last 10,000 training images in place of the test images, so that numbers can be chosen without those."""
    train, last = slice(None, -VALIDATION), slice(-VALIDATION, None)
    images, labels = whole.train.images, whole.train.labels
    return Dataset(
        "mnist-validation", whole.class_names, Split(images[train], labels[train]), Split(images[last], labels[last])
    )


def load_torchvision(name: str, data_dir: Path) -> Dataset:
    """Fashion-MNIST, KMNIST or EMNIST's letters, from `data_dir` or downloaded into it."""
    from torchvision import datasets

    sources = {"fashion-mnist": datasets.FashionMNIST, "kmnist": datasets.KMNIST, "emnist-letters": datasets.EMNIST}
    arguments = {"split": "letters"} if name == "emnist-letters" else {}
    try:
        train, test = (sources[name](data_dir, train=train, download=True, **arguments) for train in (True, False))
    except Exception as error:  # its readers of damaged files raise whatever comes
        damaged = damaged_file(data_dir / sources[name].__name__ / "raw")
        if damaged is not None:
            raise InputError(f"{damaged} is damaged; remove it, and it is downloaded anew") from None
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InputError(
            f"{name} is not whole under {data_dir} and could not be downloaded ({reason}); "
            "go online, or point --data-dir at a folder in torchvision's layout"
        ) from None
    splits = [Split(part.data.numpy(), part.targets.numpy().astype(np.int64)) for part in (train, test)]
    if name == "emnist-letters":
        letters = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        return Dataset(name, letters, upright_letters(splits[0]), upright_letters(splits[1]))
    return Dataset(name, tuple(train.classes), splits[0], splits[1])


def damaged_file(folder: Path) -> Path | None:
    """The first file of torchvision's MNIST family that cannot be unpacked or read; None if all can."""
    return next((file for file in sorted(folder.glob("*")) if not is_whole(file)), None)


def is_whole(file: Path) -> bool:
    from torchvision.datasets.mnist import read_sn3_pascalvincent_tensor

    try:
        if not file.stat().st_size:
            return False
        if file.name.endswith("ubyte"):
            read_sn3_pascalvincent_tensor(str(file))
        elif file.suffix == ".gz":
            gzip.decompress(file.read_bytes())
        elif file.suffix == ".zip":
            return ZipFile(file).testzip() is None
    except Exception:  # whatever comes of what is in it
        return False
    return True


def upright_letters(split: Split) -> Split:
    """EMNIST stores its letters transposed and counts them from 1."""
    return Split(split.images.transpose(0, 2, 1).copy(), split.labels - 1)
