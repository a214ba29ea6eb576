"""A folder of faces: one folder a person, images in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from marginalia.core.errors import InputError
from marginalia.data.class_folders import read_class_folders
from marginalia.data.images import USUAL, Readable, Reading
from marginalia.data.measure import measure


@dataclass(frozen=True)
class FaceFolder:
    """people: names of the folders that hold images, sorted. images: "person/image.jpg", person by person.

    labels: int64 (N,), the number of each image's person. reading: how the images are read. notes: what a user should
    know of both. numbered: whether the people have no names but numbers that a packed file gave them.
    """

    root: Path
    people: tuple[str, ...]
    images: tuple[str, ...]
    labels: np.ndarray
    reading: Reading = USUAL
    notes: tuple[str, ...] = ()
    numbered: bool = False

    def __len__(self) -> int:
        return len(self.images)

    def path(self, number: int) -> Readable:
        """Where this image is read."""
        return self.root / self.images[number]

    def paths(self) -> list[Readable]:
        return [self.path(number) for number in range(len(self))]

    def counts(self) -> np.ndarray:
        """Images of each person, int64 (P,)."""
        return np.bincount(self.labels, minlength=len(self.people))

    def part(self, chosen: np.ndarray) -> FaceFolder:
        """These images, int64 (n,), of the same people."""
        return replace(self, images=tuple(self.images[i] for i in chosen), labels=self.labels[chosen])

    def only(self, people: Iterable[str]) -> FaceFolder:
        """The part that shows these people, numbered anew in their old order."""
        wanted = set(people)
        kept = [number for number, name in enumerate(self.people) if name in wanted]
        new_number = np.full(len(self.people), -1)
        new_number[kept] = np.arange(len(kept))
        labels = new_number[self.labels]
        people = tuple(self.people[i] for i in kept)
        return replace(self, people=people, labels=labels).part(np.flatnonzero(labels >= 0))


def read_folder(root: Path) -> FaceFolder:
    """All images in `root/PERSON/`. Raises InputError if there is no such folder or no image in it."""
    found = read_class_folders(root)
    files = {name: found.images[name] for name in sorted(found.images) if found.images[name]}
    if not files:
        nothing = f"{root}: no images in it; it must hold a folder for each person, with images in them"
        raise InputError("; ".join((nothing, *found.notes)))
    reading = measure(file for of_one in files.values() for file in of_one)
    images = tuple(f"{name}/{file.name}" for name, of_one in files.items() for file in of_one)
    labels = np.repeat(np.arange(len(files)), [len(of_one) for of_one in files.values()])
    return FaceFolder(root, tuple(files), images, labels, reading, (*found.notes, *reading.notes))
