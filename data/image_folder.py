"""A data set of the user's own: a folder with one folder of images a class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from data.dataset import FEWEST_CLASSES, MOST_CLASSES, Dataset, Split
from errors import InputError

SIDE = 28
TEST_SHARE = 1 / 6
SPLIT_SEED = 0
MOST_PIXELS = 50_000_000
SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".pgm", ".ppm", ".tif", ".tiff", ".webp"}


def load_folder(folder: Path) -> Dataset:
    """Images in `folder/CLASS/…`, made grey and 28 x 28; one in six of each class is for testing, by a fixed seed.

    Raises InputError for a missing folder, fewer than two classes, a class of one image, or an unreadable image.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; folder:PATH takes a folder that holds one folder a class")
    classes = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not FEWEST_CLASSES <= len(classes) <= MOST_CLASSES:
        raise InputError(
            f"{folder}: {len(classes)} class folder(s) in it, "
            f"from {FEWEST_CLASSES} to {MOST_CLASSES} are needed, one a class, with images in them"
        )
    random = np.random.default_rng(SPLIT_SEED)
    train: list[tuple[np.ndarray, int]] = []
    test: list[tuple[np.ndarray, int]] = []
    for label, path in enumerate(classes):
        images = [read_image(file) for file in sorted(path.iterdir()) if file.suffix.lower() in SUFFIXES]
        if len(images) < 2:
            raise InputError(f"{path}: {len(images)} image(s), at least 2 are needed, to train and to test")
        order = random.permutation(len(images))
        test_count = max(1, round(len(images) * TEST_SHARE))
        test += [(images[i], label) for i in order[:test_count]]
        train += [(images[i], label) for i in order[test_count:]]
    return Dataset(f"folder:{folder}", tuple(path.name for path in classes), as_split(train), as_split(test))


def read_image(file: Path) -> np.ndarray:
    """One image as uint8 (28, 28)."""
    try:
        with Image.open(file) as image:
            if image.width * image.height > MOST_PIXELS:
                raise ValueError(f"{image.width} x {image.height} pixels are too many")
            if image.mode.startswith("I"):  # 16 bits, which convert("L") would clip
                grey = Image.fromarray((np.asarray(image) // 256).clip(0, 255).astype(np.uint8))
            else:
                grey = image.convert("L")
            return np.asarray(grey.resize((SIDE, SIDE), Image.Resampling.LANCZOS))
    except Exception as error:  # decoders of damaged files raise whatever comes
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{file} cannot be read as an image ({reason}); remove or replace it") from None


def as_split(pairs: list[tuple[np.ndarray, int]]) -> Split:
    images, labels = zip(*pairs, strict=True)
    return Split(np.stack(images), np.array(labels, dtype=np.int64))
