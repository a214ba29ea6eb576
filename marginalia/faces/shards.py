"""Faces in WebDataset's shards: tar files in which the files of one sample share a key.

A sample has an image and a file .cls, the number of its person; or its key is "person/image". WebDataset reads shards
as streams, in an order of its own. A training here must find each image when it asks for it, so that the same seed
gives the same weights; therefore the tar files are walked through once, and images are read where they lie. WebDataset
writes the shards and says what is a key. Source: github.com/webdataset/webdataset.
"""

from __future__ import annotations

import glob
import io
import itertools
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Literal

import numpy as np

from marginalia.core.errors import InputError
from marginalia.data.class_folders import is_image
from marginalia.data.images import Readable, opened
from marginalia.data.measure import measure
from marginalia.faces.folder import FaceFolder
from marginalia.faces.packed import content_of
from marginalia.progress import progress_bar

SUFFIX = ".tar"
LABEL = "cls"
IMAGES_IN_A_SHARD = 10_000


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


def read_shards(pattern: Path) -> ShardFaces:
    """All images of the shards, `faces-{000000..000009}.tar` or `faces-*.tar`.

    A person's name is the folder in the keys of their images, or else their number. Raises InputError for a file that
    is no tar or is compressed, an image without a person, or if there is none.
    """
    samples = {
        (file, key): sample
        for file in shards_of(pattern)
        for key, sample in samples_of(file).items()
        if sample.image is not None
    }
    if not samples:
        raise InputError(f"{pattern}: no images in it")
    named = all("/" in key for _, key in samples)
    rows: list[tuple[Any, str, ShardImage]] = []
    for (file, key), sample in samples.items():
        assert sample.image is not None
        if not named and sample.number is None:
            raise InputError(f"{file}, {key}: no file .cls says whose image it is, and the key has no folder")
        person = key.rpartition("/")[0] if named else sample.number
        rows.append((person, f"{person}/{sample.image.key.rpartition('/')[2]}", sample.image))
    rows.sort(key=lambda row: row[:2])
    people = sorted({person for person, *_ in rows})
    place = {person: number for number, person in enumerate(people)}
    labels = np.array([place[person] for person, *_ in rows], dtype=np.int64)
    found = {image: where for _, image, where in rows}
    if len(found) < len(rows):
        raise InputError(f"{pattern}: {len(rows) - len(found):,} images have the key and person of another one")
    reading = measure(found.values())
    names = tuple(map(str, people))
    return ShardFaces(pattern, names, tuple(found), labels, reading, reading.notes, not named, found)


def shards_of(pattern: Path) -> list[Path]:
    """The files that are meant. Raises InputError if there are none."""
    if pattern.exists():
        return [pattern]
    parts = webdataset().shardlists.expand_urls(str(pattern))
    files = [Path(file) for part in parts for file in (sorted(glob.glob(part)) if "*" in part else [part])]  # noqa: PTH207
    missing = [file for file in files if not file.is_file()]
    if missing or not files:
        raise InputError(
            f"{(missing or [pattern])[0]}: no such file; --data 'faces-{{000000..000009}}.tar' names shards"
        )
    return files


def samples_of(file: Path) -> dict[str, Sample]:
    """The samples of a shard by their keys."""
    split = webdataset().tariterators.base_plus_ext
    samples: dict[str, Sample] = {}
    for member, content in members_of(file):
        key, extension = split(member.name)
        if key is None:
            continue
        sample = samples.setdefault(key, Sample())
        if extension.lower() == LABEL:
            sample.number = whole_number(content(), f"{file}, {member.name}")
        elif is_image(Path(f"image.{extension}")) and "." not in extension:
            if sample.image is not None:
                raise InputError(f"{file}, {key}: there are two images with this key")
            sample.image = ShardImage(file, member.name, member.offset_data, member.size)
    return samples


def members_of(file: Path) -> Iterator[tuple[tarfile.TarInfo, Any]]:
    """The plain files of a tar, each with what reads it. Raises InputError if it is none, or is cut short."""
    size = file.stat().st_size
    try:
        with tarfile.open(file, "r:") as tar:  # never unpacked, so that no name can lead anywhere
            for member in tar:
                if member.isreg() and not member.issparse():
                    if member.offset_data + member.size > size:
                        raise InputError(f"{file}: it ends in the middle of {member.name}")
                    extracted = tar.extractfile(member)
                    assert extracted is not None
                    yield member, extracted.read
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        raise InputError(f"{file} cannot be read as a tar file without compression ({error})") from None


def whole_number(content: bytes, where: str) -> int:
    try:
        number = int(content)
    except ValueError:
        number = -1
    if number < 0:
        raise InputError(f"{where}: the number of a person is needed, not {content[:20]!r}")
    return number


def shard(out: Path, number: int) -> Path:
    """The file of this number where the name has a % as in faces-%06d.tar, or else the only one.

    Raises InputError for a name that no number fits into.
    """
    try:
        name = out.name % number if "%" in out.name else out.name
    except (TypeError, ValueError):
        name = ""
    if not name or ("%" in out.name and name == out.name % (number + 1)):
        raise InputError(f"--out {out}: one number must fit into the name, as in faces-%06d.tar")
    return out.with_name(name)


def written_shards(out: Path) -> list[Path]:
    """The shards of this name that are there already."""
    files = (shard(out, number) for number in (itertools.count() if "%" in out.name else [0]))
    return list(itertools.takewhile(Path.exists, files))


def write_shards(folder: FaceFolder, out: Path) -> None:
    """Writes the images as they are, each with the number of its person, into shards of 10,000, or into one file.

    All of them are complete before the first one takes its place. Raises InputError for an image that is not there.
    """
    before = written_shards(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".shards-") as temporary:
        writer = webdataset().ShardWriter(
            f"{temporary.replace('%', '%%')}/%d", maxcount=IMAGES_IN_A_SHARD if "%" in out.name else len(folder),
            maxsize=float("inf"), verbose=0, encoder=False, mtime=0, user="", group="", format="GNU_FORMAT",
        )  # fmt: skip
        with writer, progress_bar(len(folder), "packing") as bar:
            for number, label in enumerate(folder.labels.tolist()):
                key = f"{folder.people[label]}/{number:08d}"
                writer.write({"__key__": key, LABEL: str(label).encode()} | image_to_write(folder, number))
                bar.update(1, folder.images[number])
        for file in before:
            file.unlink()
        for file in Path(temporary).iterdir():
            file.replace(shard(out, int(file.name)))


def image_to_write(folder: FaceFolder, number: int) -> dict[str, bytes]:
    path = folder.path(number)
    extension = PurePosixPath(folder.images[number]).suffix[1:].lower()
    if not extension:  # of an image that lies in another file
        with opened(path) as image:
            extension = str(image.format).lower()
    return {extension: content_of(path)}


def webdataset() -> Any:
    """Raises InputError if it is not installed."""
    try:
        import webdataset
    except ImportError as error:
        raise InputError(f"shards need webdataset ({error}); pip install 'marginalia-viz[shards]'") from None
    return webdataset
