"""A folder of faces: one folder a person, images in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from data.image_folder import MOST_PIXELS, SUFFIXES
from errors import InputError


@dataclass(frozen=True)
class FaceFolder:
    """people: names of the folders that hold images, sorted. images: "person/image.jpg", person by person.

    labels: int64 (N,), the number of each image's person.
    """

    root: Path
    people: tuple[str, ...]
    images: tuple[str, ...]
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.images)

    def paths(self) -> list[Path]:
        return [self.root / image for image in self.images]

    def counts(self) -> np.ndarray:
        """Images of each person, int64 (P,)."""
        return np.bincount(self.labels, minlength=len(self.people))

    def only(self, people: Iterable[str]) -> FaceFolder:
        """The part that shows these people, numbered anew in their old order."""
        wanted = set(people)
        kept = [number for number, name in enumerate(self.people) if name in wanted]
        new_number = np.full(len(self.people), -1)
        new_number[kept] = np.arange(len(kept))
        labels = new_number[self.labels]
        chosen = np.flatnonzero(labels >= 0)
        images = tuple(self.images[i] for i in chosen)
        return FaceFolder(self.root, tuple(self.people[i] for i in kept), images, labels[chosen])


def read_folder(root: Path) -> FaceFolder:
    """All images in `root/PERSON/`. Raises InputError if there is no such folder or no image in it."""
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; one with a folder of images for each person is needed")
    people: list[str] = []
    images: list[str] = []
    labels: list[int] = []
    for folder in sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")):
        names = sorted(file.name for file in folder.iterdir() if file.suffix.lower() in SUFFIXES)
        if names:
            labels += [len(people)] * len(names)
            people.append(folder.name)
            images += [f"{folder.name}/{name}" for name in names]
    if not images:
        raise InputError(f"{root}: no images in it; it must hold a folder for each person, with images in them")
    return FaceFolder(root, tuple(people), tuple(images), np.array(labels, dtype=np.int64))


def read_pixels(path: Path, size: tuple[int, int] | None = None) -> np.ndarray:
    """One image as uint8 (H, W, 3); with `size` = (H, W) scaled to it. Raises InputError if it cannot be read."""
    try:
        with Image.open(path) as image:
            if image.width * image.height > MOST_PIXELS:
                raise ValueError(f"{image.width} x {image.height} pixels are too many")
            pixels = image.convert("RGB")
            if size is not None and pixels.size != (size[1], size[0]):
                pixels = pixels.resize((size[1], size[0]), Image.Resampling.BILINEAR)
            return np.array(pixels)
    except Exception as error:  # decoders of damaged files raise whatever comes
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path} cannot be read as an image ({reason}); remove or replace it") from None
