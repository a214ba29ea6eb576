"""Are these images aligned crops? What training should say of those that are not."""

from __future__ import annotations

import contextlib

import numpy as np

from marginalia.core.errors import InputError
from marginalia.core.names import file_name
from marginalia.data.images import opened, read_pixels
from marginalia.faces.align import SIZES
from marginalia.faces.folder import FaceFolder
from marginalia.faces.landmarks import Detector

SHAPES_SEEN, FACES_SEEN = 1000, 32
OTHER_RATIO = 1.25
SMALL = 80
MIDDLE, FARTHEST = (0.5, 0.46), 0.12
NARROWEST, WIDEST = 0.24, 0.5


def may_be_photographs(folder: FaceFolder) -> bool:
    """Whether the first image is larger than a small crop, and no crop of a usual size."""
    try:
        with opened(folder.path(0)) as image:
            return f"{image.height}x{image.width}" not in SIZES and min(image.size) >= SMALL
    except InputError:
        return False


def odd_shapes(folder: FaceFolder, shape: tuple[int, int]) -> str | None:
    """A line that counts the images whose height over width is another one than the network's, among 1,000 at most."""
    wanted = shape[0] / shape[1]
    odd, chosen = [], spaced(len(folder), SHAPES_SEEN)
    for number in chosen:
        with (
            contextlib.suppress(InputError),
            opened(folder.path(number)) as image,
        ):  # training names these
            ratio = image.height / image.width / wanted
            if not 1 / OTHER_RATIO <= ratio <= OTHER_RATIO:
                odd.append(f"{file_name(folder.images[number])} is {image.height}x{image.width}")
    if not odd:
        return None
    looked = "images" if len(chosen) == len(folder) else "images looked at"
    return (
        f"{len(odd):,} of {len(chosen):,} {looked} are no crops of {shape[0]}x{shape[1]} ({odd[0]}): they are squeezed"
    )


def eyes_elsewhere(folder: FaceFolder, detect: Detector) -> str | None:
    """A line that counts the faces, of 32 images at most, whose eyes are not where they are in aligned crops.

    Crops of the usual sizes are trusted. In those of 112 x 96 the eyes are 0.37 of the width from each other, in those
    of 112 x 112 0.31, and their middle is at 0.5 and 0.46 of width and height.
    """
    wrong, found = 0, 0
    for number in spaced(len(folder), FACES_SEEN):
        try:
            pixels = read_pixels(folder.path(number), "RGB", folder.reading)
        except InputError:
            continue
        height, width = pixels.shape[:2]
        landmarks = None if f"{height}x{width}" in SIZES else detect(pixels)
        if landmarks is not None:
            eyes = landmarks[:2] / (width, height)
            apart, off = np.abs(eyes[1, 0] - eyes[0, 0]), np.abs(eyes.mean(axis=0) - MIDDLE).max()
            found += 1
            wrong += not (NARROWEST <= apart <= WIDEST and off <= FARTHEST)
    if wrong <= found / 2:
        return None
    return f"{wrong} of {found} faces looked at are not aligned; crops are made with: python -m marginalia faces align"


def spaced(count: int, most: int) -> list[int]:
    """So many numbers below `count`, evenly spaced."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int)).tolist()
