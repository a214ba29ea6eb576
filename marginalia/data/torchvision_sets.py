"""Fashion-MNIST, KMNIST and EMNIST's letters, as torchvision has them."""

from __future__ import annotations

import gzip
from functools import partial
from pathlib import Path
from zipfile import ZipFile

import numpy as np

from marginalia.core.errors import InputError
from marginalia.data.dataset import Dataset, Split


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
        raise unavailable(name, data_dir, error) from None
    splits = [Split(part.data.numpy(), part.targets.numpy().astype(np.int64)) for part in (train, test)]
    if name == "emnist-letters":
        letters = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        return Dataset(name, letters, upright_letters(splits[0]), upright_letters(splits[1]))
    return Dataset(name, tuple(train.classes), splits[0], splits[1])


def unavailable(name: str, data_dir: Path, error: Exception) -> InputError:
    """What to raise where torchvision neither finds a data set nor can download it."""
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return InputError(
        f"{name} is not whole under {data_dir} and could not be downloaded ({reason}); "
        "go online, or point --data-dir at a folder in torchvision's layout"
    )


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


SOURCES = {name: partial(load_torchvision, name) for name in ("fashion-mnist", "kmnist", "emnist-letters")}
