"""Faces in a RecordIO file, as insightface packs them: train.rec, train.idx and property.

Record 0 has two labels: one more than the last image's key, and one more than the last person's key. Images have the
keys from 1, and the number of their person as label. A person's record has no image, but two labels: the keys of the
person's first image and of the one after the last. Source: insightface, im2rec and face_image_iter.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np

from marginalia.core.errors import InputError
from marginalia.core.files import replacing
from marginalia.data.images import Readable, Reading, opened, unreadable
from marginalia.data.measure import measure
from marginalia.faces.folder import FaceFolder
from marginalia.faces.names import read_text
from marginalia.faces.recordio import ImageRecord, RecordFile, as_bytes, write_record
from marginalia.progress import progress_bar

SUFFIX = ".rec"
INDEX, NAMES, PROPERTY = ".idx", ".names", "property"
MOST_PEOPLE = 2**24  # beyond it float32 skips whole numbers


@dataclass(frozen=True)
class PackedImage:
    """An image in a RecordIO file, read as if it were a file of its own."""

    records: RecordFile
    key: int

    @property
    def file(self) -> Path:
        return self.records.path

    def open(self, mode: Literal["rb"], /) -> BinaryIO:
        return io.BytesIO(self.records.image(self.key).image)

    def __str__(self) -> str:
        return f"{self.file}, record {self.key}"


@dataclass(frozen=True)
class PackedFaces(FaceFolder):
    """images: "person/key"."""

    records: RecordFile | None = None

    def path(self, number: int) -> Readable:
        assert self.records is not None
        return PackedImage(self.records, int(self.images[number].rpartition("/")[2]))


def read_packed(path: Path) -> PackedFaces:
    """All images of a RecordIO file. A person has a name where a file .names says so, or else a number.

    Raises InputError if it is no such file or has no images.
    """
    records = RecordFile(path)
    keys, numbers = image_labels(records)
    if not len(keys):
        raise InputError(f"{path}: no images in it")
    found, labels = np.unique(numbers, return_inverse=True)
    people = names_of(path.with_suffix(NAMES), found)
    order = np.argsort(labels, kind="stable")
    keys, labels = keys[order], labels[order].astype(np.int64)
    images = tuple(f"{people[label]}/{key}" for key, label in zip(keys.tolist(), labels.tolist(), strict=True))
    reading: Reading = measure(PackedImage(records, int(key)) for key in keys)
    numbered = not path.with_suffix(NAMES).exists()
    return PackedFaces(path, people, images, labels, reading, reading.notes, numbered, records)


def image_labels(records: RecordFile) -> tuple[np.ndarray, np.ndarray]:
    """Keys of the images in ascending order, and the number of each one's person, int64 (N,)."""
    keys, labels, has_image = records.first_labels()
    if len(keys) and keys[0] == 0 and not has_image[0]:
        missing = int(labels[0]) - 1 - int((has_image & (keys < labels[0])).sum())
        if missing > 0:
            raise InputError(f"{records.path}: {missing:,} of its {int(labels[0]) - 1:,} images are not in its index")
    keys, labels = keys[has_image], labels[has_image]
    wrong = ~np.isfinite(labels) | (labels < 0) | (labels > MOST_PEOPLE) | (labels != np.floor(labels))
    if wrong.any():
        raise InputError(f"{records.path}, record {keys[wrong][0]}: {labels[wrong][0]:g} is not the number of a person")
    return keys, labels.astype(np.int64)


def names_of(path: Path, numbers: np.ndarray) -> tuple[str, ...]:
    """The names of these people: a line each, from number 0 on; their numbers where there is no such file."""
    if not path.exists():
        return tuple(str(number) for number in numbers)
    names = read_text(path, "names of people").removesuffix("\n").split("\n")
    if numbers.max() >= len(names) or len(set(names)) < len(names) or not all(names):
        raise InputError(f"{path} must have a line with another name for each of {numbers.max() + 1:,} people")
    return tuple(names[number] for number in numbers)


def files_of(out: Path) -> list[Path]:
    """The file itself and those that belong to it."""
    return [out, out.with_name(PROPERTY), out.with_suffix(NAMES), out.with_suffix(INDEX)]


def pack_folder(folder: FaceFolder, out: Path) -> None:
    """Writes the images as they are, person by person, and beside them an index, the names, and insightface's property.

    All files are complete before the first one takes its place. Raises InputError for an image that is not there, or a
    name with the end of a line in it.
    """
    if any("\n" in name for name in folder.people):
        raise InputError(f"{folder.root}: a person's name has the end of a line in it; rename the folder")
    with opened(folder.path(0)) as image:
        size = f"{len(folder.people)},{image.height},{image.width}"
    with replacing(files_of(out), before=[out.with_suffix(INDEX)]) as (record, properties, names, index):
        with record.open("wb") as file:
            offsets = write_records(file, folder)
        properties.write_text(size, encoding="ascii")
        if not folder.numbered:
            names.write_bytes(os.fsencode("".join(f"{name}\n" for name in folder.people)))
        index.write_text("".join(f"{key}\t{offset}\n" for key, offset in offsets), encoding="ascii")


def write_records(file: BinaryIO, folder: FaceFolder) -> list[tuple[int, int]]:
    """The head, the images and the people. Returns key and offset of each record."""
    bounds = np.searchsorted(folder.labels, np.arange(len(folder.people) + 1)) + 1
    last = len(folder) + 1
    head = ImageRecord((float(last), float(last + len(folder.people))), 0, b"")
    offsets = [(0, write_record(file, as_bytes(head)))]
    with progress_bar(len(folder), "packing") as bar:
        for number, label in enumerate(folder.labels.tolist()):
            record = ImageRecord((float(label),), number + 1, content_of(folder.path(number)))
            offsets.append((number + 1, write_record(file, as_bytes(record))))
            bar.update(1)
    for person in range(len(folder.people)):
        first, end = bounds[person : person + 2].tolist()
        record = ImageRecord((float(first), float(end)), last + person, b"")
        offsets.append((last + person, write_record(file, as_bytes(record))))
    return offsets


def content_of(path: Readable) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read()
    except OSError as error:
        raise unreadable(path, error.strerror or "no such file") from None
