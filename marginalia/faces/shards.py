"""Faces in WebDataset's shards: tar files in which the files of one sample share a key.

A sample has an image and a file .cls, the number of its person; or its key is "person/image". WebDataset reads shards
as streams, in an order of its own. A training here must find each image when it asks for it, so that the same seed
gives the same weights; therefore the tar files are walked through once, and images are read where they lie. WebDataset
writes the shards and says what is a key. Source: github.com/webdataset/webdataset.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np

from marginalia.core.errors import InputError
from marginalia.core.names import file_name, listed
from marginalia.core.parsing import MOST_DIGITS, whole_number
from marginalia.data.class_folders import is_image
from marginalia.data.images import Readable
from marginalia.data.measure import measure
from marginalia.faces.folder import FaceFolder
from marginalia.training.tensors import first_line

SUFFIX = ".tar"
LABEL = "cls"
METADATA = ("json", "txt", "index")
SHOWN = 3


@dataclass(frozen=True)
class ShardImage:
    """An image in a tar file, read as if it were a file of its own. key: its name in there."""

    file: Path
    key: str
    offset: int
    size: int

    def open(self, mode: Literal["rb"], /) -> BinaryIO:
        with self.file.open("rb") as file:
            file.seek(self.offset)
            return io.BytesIO(file.read(self.size))

    def __str__(self) -> str:
        return f"{self.file}, {self.key}"


@dataclass(frozen=True)
class ShardFaces(FaceFolder):
    """images: "person/key of the image"."""

    found: dict[str, ShardImage] = field(default_factory=dict)

    def path(self, number: int) -> Readable:
        return self.found[self.images[number]]


@dataclass
class Sample:
    """What shares a key."""

    image: ShardImage | None = None
    number: int | None = None


@dataclass(frozen=True)
class Shard:
    """samples: by their keys. left_out: files that are neither images nor labels."""

    samples: dict[str, Sample]
    left_out: list[str]


def read_shards(pattern: Path) -> ShardFaces:
    """All images of the shards, `faces-{000000..000009}.tar` or `faces-*.tar`.

    A person's name is the last folder in the keys of their images, or else their number. Raises InputError for a file
    that is no tar, is compressed or damaged, an image without a person, or if there is none.
    """
    content = [(file, read_shard(file)) for file in shards_of(pattern)]
    samples = [(file, key, sample) for file, shard in content for key, sample in shard.samples.items() if sample.image]
    if not samples:
        raise InputError(f"{pattern}: no images in it")
    named = all("/" in key for _, key, _ in samples)
    rows: list[tuple[Any, str, ShardImage]] = []
    for file, key, sample in samples:
        assert sample.image is not None
        if not named and sample.number is None:
            raise InputError(f"{file}, {key}: no file .cls says whose image it is, and the key has no folder")
        person = key.split("/")[-2] if named else sample.number
        rows.append((person, f"{person}/{sample.image.key.rpartition('/')[2]}", sample.image))
    rows.sort(key=lambda row: row[:2])
    people = sorted({person for person, *_ in rows})
    place = {person: number for number, person in enumerate(people)}
    labels = np.array([place[person] for person, *_ in rows], dtype=np.int64)
    found = {image: where for _, image, where in rows}
    if len(found) < len(rows):
        raise InputError(f"{pattern}: {len(rows) - len(found):,} images have the key and person of another one")
    reading = measure(found.values())
    left_out = [name for _, shard in content for name in shard.left_out]
    notes = [f"{len(left_out):,} files are no images or labels ({listed(left_out, SHOWN)})"] if left_out else []
    names = tuple(map(str, people))
    return ShardFaces(pattern, names, tuple(found), labels, reading, (*notes, *reading.notes), not named, found)


def shards_of(pattern: Path) -> list[Path]:
    """The files that are meant; only the last part of the path is a pattern. Raises InputError if there are none."""
    if pattern.exists():
        return [pattern]
    wanted = "shards are named as in 'faces-{000000..000009}.tar'"
    try:
        names = webdataset().shardlists.expand_urls(pattern.name)
    except Exception as error:  # of braces that do not match, whatever the library raises
        raise InputError(f"{pattern}: {wanted} ({str(error)[:60]})") from None
    found = [sorted(pattern.parent.glob(name)) if "*" in name else [pattern.with_name(name)] for name in names]
    files = [file for some in found for file in some]
    missing = [file for file in files if not file.is_file()]
    if missing or not files:
        raise InputError(f"{(missing or [pattern])[0]}: no such file; {wanted}")
    return files


def read_shard(file: Path) -> Shard:
    """The samples of a shard by their keys, and what else is in it."""
    split = webdataset().tariterators.base_plus_ext
    shard = Shard({}, [])
    for member, opening in members_of(file):
        name = member.name.removeprefix("./")
        key, extension = split(name)
        if opening is None:
            shard.left_out.append(name)
        elif key is not None and extension.lower() == LABEL:
            shard.samples.setdefault(key, Sample()).number = person_number(member, opening, file)
        elif key is not None and "." not in extension and is_image(Path(f"image.{extension}")):
            sample = shard.samples.setdefault(key, Sample())
            if sample.image is not None:
                raise InputError(f"{file}, {key}: there are two images with this key")
            sample.image = ShardImage(file, name, member.offset_data, member.size)
        elif key is None or extension not in METADATA:
            shard.left_out.append(name)
    return shard


def members_of(file: Path) -> Iterator[tuple[tarfile.TarInfo, Any]]:
    """What is in a tar but for folders, each with what opens it, or None for a link.

    Raises InputError if it is no tar, or is damaged.
    """
    size = file.stat().st_size
    try:
        with tarfile.open(file, "r:") as tar:  # never unpacked, so that no name can lead anywhere
            for member in tar:
                if member.size < 0 or (member.isreg() and member.offset_data + member.size > size):
                    raise InputError(f"{file}: it ends in the middle of {file_name(member.name)}, or is damaged")
                if not member.isdir():
                    yield member, tar.extractfile if member.isreg() and not member.issparse() else None
            require_end(file, tar.offset)
    except (tarfile.TarError, OSError, EOFError, ValueError, OverflowError, MemoryError, RecursionError) as error:
        raise InputError(f"{file} cannot be read as a tar file without compression ({first_line(error)})") from None


def require_end(file: Path, offset: int) -> None:
    """InputError unless only zeros follow: tarfile takes the first damaged header for the end."""
    with file.open("rb") as content:
        content.seek(offset)
        zeros = 0
        while block := content.read(tarfile.RECORDSIZE):
            zeros += len(block)
            if block.count(0) < len(block):
                raise InputError(f"{file} is damaged at byte {offset:,}")
    if zeros < tarfile.BLOCKSIZE:
        raise InputError(f"{file} ends too early; it is damaged")


def person_number(member: tarfile.TarInfo, opening: Any, file: Path) -> int:
    """What a file .cls says."""
    content = opening(member).read(MOST_DIGITS + 1)
    try:
        number = whole_number(content.decode("ascii"))
    except ValueError:
        number = -1
    if number < 0:
        raise InputError(f"{file}, {file_name(member.name)}: the number of a person is needed, not {content!r}")
    return number


def webdataset() -> Any:
    """Raises InputError if it is not installed."""
    try:
        import webdataset
    except ImportError as error:
        raise InputError(f"shards need webdataset ({error}); pip install 'marginalia-viz[shards]'") from None
    return webdataset
