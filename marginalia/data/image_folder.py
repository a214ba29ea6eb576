"""A data set of the user's own: a folder with one folder of images a class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from marginalia.core.errors import InputError
from marginalia.core.names import file_name, natural_key
from marginalia.data.class_folders import read_class_folders
from marginalia.data.dataset import FEWEST_CLASSES, MOST_CLASSES, Dataset, Split
from marginalia.data.images import USUAL, Reading, read_pixels
from marginalia.data.measure import measure

SIDE = 28
TEST_SHARE = 1 / 6
SPLIT_SEED = 0
FLAT = 32


def load_folder(folder: Path, image_size: int = 0) -> Dataset:
    """Images in `folder/CLASS/…`, made grey and 28 x 28, or in colour of `image_size` pixels a side.

    One in six of each class is for testing, by a fixed seed. Classes stand in the order of their names, numbers in that
    of their size. Raises InputError for a missing folder, fewer than two classes, a class of one image, or an
    unreadable image.
    """
    found = read_class_folders(folder)
    classes = sorted(found.images, key=natural_key)
    if not FEWEST_CLASSES <= len(classes) <= MOST_CLASSES:
        raise InputError(
            f"{folder}: {len(classes)} class folder(s) in it, "
            f"from {FEWEST_CLASSES} to {MOST_CLASSES} are needed, one a class, with images in them"
        )
    for name, files in found.images.items():
        if len(files) < 2:
            too_few = f"{folder / name}: {len(files)} image(s), at least 2 are needed, to train and to test"
            raise InputError("; ".join((too_few, *found.notes)))
    reading = measure(file for files in found.images.values() for file in files)
    random = np.random.default_rng(SPLIT_SEED)
    train: list[tuple[np.ndarray, int]] = []
    test: list[tuple[np.ndarray, int]] = []
    flat: list[Path] = []
    for label, name in enumerate(classes):
        files = found.images[name]
        images = [read_image(file, reading, image_size) for file in files]
        flat += [file for file, image in zip(files, images, strict=True) if np.ptp(image) < FLAT]
        order = random.permutation(len(images))
        test_count = max(1, round(len(images) * TEST_SHARE))
        test += [(images[i], label) for i in order[:test_count]]
        train += [(images[i], label) for i in order[test_count:]]
    faint = [f"{len(flat):,} image(s) of one grey or nearly, such as {file_name(str(flat[0]))}"] if flat else []
    return Dataset(
        f"folder:{folder}", tuple(map(file_name, classes)), as_split(train), as_split(test),
        notes=(*found.notes, *reading.notes, *faint),
    )  # fmt: skip


def read_image(file: Path, reading: Reading = USUAL, image_size: int = 0) -> np.ndarray:
    """One image as uint8 (28, 28), or with an image_size (image_size, image_size, 3)."""
    side = image_size or SIDE
    return read_pixels(file, "RGB" if image_size else "L", reading, (side, side), Image.Resampling.LANCZOS)


def as_split(pairs: list[tuple[np.ndarray, int]]) -> Split:
    images, labels = zip(*pairs, strict=True)
    return Split(np.stack(images), np.array(labels, dtype=np.int64))
