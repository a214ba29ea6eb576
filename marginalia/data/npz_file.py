"""A data set of the user's own: an .npz of images and labels, also as Keras and MedMNIST lay it out."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from marginalia.core.errors import InputError
from marginalia.core.names import printable
from marginalia.data.class_folders import some
from marginalia.data.dataset import FEWEST_CLASSES, MOST_CLASSES, SMALLEST_SIDE, Dataset, Split
from marginalia.data.splits import one_in_six, too_few, untested

BYTE = 255
CLASS_NAMES = "class_names"
Pair = tuple[str, str]
LAYOUTS: tuple[tuple[Pair, Pair], ...] = (
    (("images", "labels"), ("test_images", "test_labels")),
    (("train_images", "train_labels"), ("test_images", "test_labels")),
    (("x_train", "y_train"), ("x_test", "y_test")),
)


def load_npz(path: Path) -> Dataset:
    """Images (N, H, W), (N, H, W, 1) or (N, H, W, 3) and whole labels (N,) or (N, 1), named as in one of LAYOUTS.

    `one_in_six` chooses the test images if there are none. `class_names` are strings (C,); without them the classes are
    called by the numbers in the labels. Raises InputError naming the file and the array that is missing or wrong.
    """
    pairs, arrays, left_out = read_npz(path)
    images, scaled = in_bytes([(f"{path}: {name}", arrays[name]) for name, _ in pairs])
    labels = [checked_labels(f"{path}: {name}", arrays[name]) for _, name in pairs]
    for (title, _), pixels, numbers in zip(pairs, images, labels, strict=True):
        if len(pixels) != len(numbers):
            raise InputError(f"{path}: {title} holds {len(pixels):,} images for {len(numbers):,} labels")
        if pixels.shape[1:] != images[0].shape[1:]:
            raise InputError(f"{path}: {title} holds images of another shape than {pairs[0][0]}; make them alike")
    names, classes = class_names(path, pairs[0][1], np.concatenate(labels), arrays.get(CLASS_NAMES))
    splits = [Split(pixels, np.searchsorted(classes, each)) for pixels, each in zip(images, labels, strict=True)]
    for name, count in zip(names, np.bincount(splits[0].labels, minlength=len(names)), strict=True):
        if reason := too_few(count, is_split=len(splits) == 2):
            raise InputError(f"{path}: {pairs[0][1]}: class {name}: {reason}")
    if len(splits) == 1:
        splits = [Split(images[0][places], splits[0].labels[places]) for places in one_in_six(splits[0].labels)]
    notes = (*left_out, *scaled, *untested(names, splits[1].labels))
    return Dataset(str(path), names, splits[0], splits[1], notes=notes)


def read_npz(path: Path) -> tuple[list[Pair], dict[str, np.ndarray], list[str]]:
    """The names of the training arrays, and of the test arrays if there are any; the arrays; a note on all others.

    Nothing is unpickled. Raises InputError for a file that is missing or damaged, and for an array that is.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = {name.removesuffix(".npy"): name for name in archive.namelist()}
            pairs = chosen_pairs(path, members)
            wanted = [name for name in (*flat(pairs), CLASS_NAMES) if name in members]
            arrays = {name: read_array(path, name, archive, members[name]) for name in wanted}
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; an .npz with the arrays images and labels is needed") from None
    except (OSError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} cannot be read ({error}); write it anew with numpy.savez") from None
    others = dict.fromkeys(name for name in members if name not in wanted)
    return pairs, arrays, [f"{len(others):,} array(s) left out ({some(others)})"] if others else []


def chosen_pairs(path: Path, found: Iterable[str]) -> list[Pair]:
    """The first of LAYOUTS that is in the file, without the test arrays if both are missing."""
    for train, test in LAYOUTS:
        if train[0] in found:
            pairs = [train, test] if any(name in found for name in test) else [train]
            for name in flat(pairs):
                if name not in found:
                    raise InputError(f"{path}: the array {name} is missing; {', '.join(flat(pairs))} are needed")
            return pairs
    layouts = ", or ".join(" and ".join(train) for train, _ in LAYOUTS)
    raise InputError(f"{path}: its arrays are called {some(dict.fromkeys(found)) or 'nothing'}; name them {layouts}")


def flat(pairs: list[Pair]) -> list[str]:
    return [name for pair in pairs for name in pair]


def read_array(path: Path, name: str, archive: zipfile.ZipFile, member: str) -> np.ndarray:
    """One array of numbers or strings. Raises InputError naming it if it is neither, or damaged."""
    try:
        with archive.open(member) as file:
            return np.lib.format.read_array(file, allow_pickle=False)
    except Exception as error:  # damaged or hostile files raise whatever comes
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path}: {name} cannot be read ({reason}); write it anew with numpy.savez") from None


def in_bytes(arrays: list[tuple[str, np.ndarray]]) -> tuple[list[np.ndarray], list[str]]:
    """The images, each after the name for messages, as uint8; numbers from 0 to 1 become 0 to 255, as a note says."""
    images = [checked_images(where, array) for where, array in arrays]
    if max(array.max() for array in images) > 1:
        return [array if array.dtype == np.uint8 else np.rint(array).astype(np.uint8) for array in images], []
    scaled = [np.rint(array * np.float32(BYTE)).astype(np.uint8) for array in images]
    return scaled, ["images of numbers from 0 to 1: 0 is shown as black, 1 as white"]


def checked_images(where: str, images: np.ndarray) -> np.ndarray:
    """(N, H, W) or (N, H, W, 3), numbers from 0 to 255. Raises InputError unless the images are that."""
    images = images[..., 0] if images.ndim == 4 and images.shape[3] == 1 else images
    if images.ndim < 3 or images.shape[3:] not in ((), (3,)) or not len(images):
        shapes = "(N, height, width) in grey or (N, height, width, 3) in colour"
        raise InputError(f"{where} has the shape {images.shape}; {shapes} is needed")
    height, width = images.shape[1:3]
    if min(height, width) < SMALLEST_SIDE:
        least = f"{SMALLEST_SIDE} x {SMALLEST_SIDE}"
        raise InputError(f"{where} holds images of {width} x {height} pixels; enlarge them to {least} or more")
    if images.dtype.kind not in "biuf" or not 0 <= images.min() <= images.max() <= BYTE:
        span = f" from {images.min():g} to {images.max():g}" if images.dtype.kind in "biuf" else ""
        raise InputError(f"{where} holds {images.dtype}{span}; scale it to uint8, or to numbers from 0 to 1")
    return images


def checked_labels(where: str, labels: np.ndarray) -> np.ndarray:
    """The labels as int64 (N,). Raises InputError unless they are whole numbers, one an image."""
    if labels.dtype.kind not in "iu" or labels.ndim < 1 or labels.shape[1:] not in ((), (1,)):
        raise InputError(
            f"{where} holds {labels.dtype} of the shape {labels.shape}; whole numbers of the shape (N,) are needed"
        )
    return labels.reshape(-1).astype(np.int64)


def class_names(
    path: Path, title: str, labels: np.ndarray, given: np.ndarray | None
) -> tuple[tuple[str, ...], np.ndarray]:
    """The names of the classes, and the numbers, ascending, that stand for them in the labels.

    title: the name of the array of labels. given: the names of 0, 1, …, or None. Raises InputError if labels and names
    do not fit, or for too few or too many classes.
    """
    numbers = np.unique(labels)
    if given is not None:
        if given.dtype.kind != "U" or given.ndim != 1:
            found = f"{given.dtype} of the shape {given.shape}"
            raise InputError(f"{path}: {CLASS_NAMES} holds {found}; strings of the shape (classes,) are needed")
        if not 0 <= numbers[0] <= numbers[-1] < len(given):
            span = f"{path}: {title} goes from {numbers[0]} to {numbers[-1]}"
            raise InputError(f"{span}, and {CLASS_NAMES} has {len(given)}; labels count from 0")
        numbers = np.arange(len(given))
    if not FEWEST_CLASSES <= len(numbers) <= MOST_CLASSES:
        needed = f"from {FEWEST_CLASSES} to {MOST_CLASSES:,} are needed"
        raise InputError(f"{path}: {title} has {len(numbers):,} class(es); {needed}")
    return tuple(printable(str(name)) for name in (numbers if given is None else given)), numbers
