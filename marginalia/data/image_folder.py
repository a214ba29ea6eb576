"""A data set of the user's own: a folder with one folder of images a class, or two such folders, train/ and test/."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

from marginalia.core.errors import InputError
from marginalia.core.names import file_name, natural_key
from marginalia.data.class_folders import (
    ClassFolders,
    ending,
    is_image,
    left_out_by_ending,
    read_class_folders,
    visible,
)
from marginalia.data.dataset import FEWEST_CLASSES, MOST_CLASSES, Dataset, Split
from marginalia.data.images import USUAL, Reading, read_pixels
from marginalia.data.measure import measure
from marginalia.data.splits import one_in_six, too_few, untested

SIDE = 28
FLAT = 32
TRAIN, TEST_OR_VALIDATION = "train", ("test", "val", "valid", "validation")


def load_folder(folder: Path, image_size: int = 0) -> Dataset:
    """Images in `folder/CLASS/…`, made grey and 28 x 28, or in colour of `image_size` pixels a side.

    `folder/train/CLASS/…` and `folder/test/CLASS/…` are split as they lie, see `train_and_test`; of other folders,
    `one_in_six` chooses the test images. Classes stand in the order of their names, numbers in that of their size.
    Raises InputError for a missing folder, fewer than two classes, a class without training images, one that is only
    tested, or an unreadable image.
    """
    train_folder, test_folder = train_and_test(folder) or (folder, None)
    found = read_class_folders(train_folder)
    classes = checked_classes(train_folder, found, is_split=test_folder is not None)
    test = read_test_folders(test_folder, classes) if test_folder else ClassFolders({}, ())
    files = [(file, label) for part in (found, test)
             for label, name in enumerate(classes) for file in part.images.get(name, ())]  # fmt: skip
    reading = measure(file for file, _ in files)
    images = np.stack([read_image(file, reading, image_size) for file, _ in files])
    labels = np.array([label for _, label in files], dtype=np.int64)
    train_count = sum(map(len, found.images.values()))
    chosen = np.split(np.arange(len(files)), [train_count]) if test_folder else one_in_six(labels)
    splits = [Split(images[places], labels[places]) for places in chosen]
    names = tuple(map(file_name, classes))
    notes = found.notes
    if test_folder:
        notes = (*loose_files(folder), *in_part(train_folder, found), *in_part(test_folder, test))
    return Dataset(
        f"folder:{folder}", names, splits[0], splits[1],
        notes=(*notes, *untested(names, splits[1].labels), *reading.notes, *faint(files, images)),
    )  # fmt: skip


def train_and_test(folder: Path) -> tuple[Path, Path] | None:
    """`folder`'s train/ and test/, in upper or lower case, if they are all its folders and hold no images themselves.

    val/, valid/ or validation/ can stand for test/. None for any other folder: those in it are classes.
    """
    inner = {path: path.name.lower() for path in visible(folder) if path.is_dir()} if folder.is_dir() else {}
    train = [path for path, name in inner.items() if name == TRAIN]
    test = [path for path, name in inner.items() if name in TEST_OR_VALIDATION]
    if len(inner) != 2 or not train or not test:
        return None
    if any(is_image(file) and not file.is_dir() for part in inner for file in visible(part)):
        return None
    return train[0], test[0]


def checked_classes(folder: Path, found: ClassFolders, is_split: bool) -> list[str]:
    """The classes in their order. InputError for too few or too many, or for one with `too_few` images."""
    if not FEWEST_CLASSES <= len(found.images) <= MOST_CLASSES:
        raise InputError(
            f"{folder}: {len(found.images):,} class folder(s) in it, "
            f"from {FEWEST_CLASSES} to {MOST_CLASSES:,} are needed, one a class, with images in them"
        )
    for name, files in found.images.items():
        if reason := too_few(len(files), is_split):
            raise InputError("; ".join((f"{folder / name}: {reason}", *found.notes)))
    return sorted(found.images, key=natural_key)


def read_test_folders(folder: Path, classes: list[str]) -> ClassFolders:
    """The test images by class. InputError naming a class that has no training images."""
    found = read_class_folders(folder)
    for name in found.images:
        if name not in classes:
            raise InputError(f"{folder / name}: there are no training images of this class; rename or remove it")
    return found


def in_part(part: Path, found: ClassFolders) -> list[str]:
    """The notes on train/ or test/, which say in which of them."""
    return [f"{file_name(part.name)}: {note}" for note in found.notes]


def loose_files(folder: Path) -> list[str]:
    """A note on the files beside train/ and test/, if there are any."""
    return left_out_by_ending(Counter(ending(path) for path in visible(folder) if not path.is_dir()), {".": None})


def faint(files: list[tuple[Path, int]], images: np.ndarray) -> list[str]:
    """A note on the images that show next to nothing, if there are any."""
    flat = [file for (file, _), image in zip(files, images, strict=True) if np.ptp(image) < FLAT]
    return [f"{len(flat):,} image(s) of one grey or nearly, such as {file_name(str(flat[0]))}"] if flat else []


def read_image(file: Path, reading: Reading = USUAL, image_size: int = 0) -> np.ndarray:
    """One image as uint8 (28, 28), or with an image_size (image_size, image_size, 3)."""
    side = image_size or SIDE
    return read_pixels(file, "RGB" if image_size else "L", reading, (side, side), Image.Resampling.LANCZOS)
