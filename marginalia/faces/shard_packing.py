"""A folder of faces into WebDataset's shards."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from PIL import Image

from marginalia.core.errors import InputError
from marginalia.core.files import replacing
from marginalia.data.class_folders import visible
from marginalia.data.images import opened
from marginalia.faces.folder import FaceFolder
from marginalia.faces.packed import content_of
from marginalia.faces.shards import LABEL, webdataset
from marginalia.progress import progress_bar

IMAGES_IN_A_SHARD = 10_000
NUMBER = re.compile(r"%(?:0?[1-9])?d")


def shard_name(out: Path, number: int) -> Path:
    """The file of this number where the name has a %d as in faces-%06d.tar, or else the only one.

    Raises InputError for a name that no number fits into.
    """
    if "%" not in out.name:
        return out
    if len(NUMBER.split(out.name)) != 2 or out.name.count("%") != 1:
        raise InputError(f"--out {out}: one number must fit into the name, as in faces-%06d.tar")
    return out.with_name(out.name % number)


def written_shards(out: Path) -> list[Path]:
    """The shards of this name that are there already."""
    if "%" not in out.name:
        return [out] if out.exists() else []
    shard_name(out, 0)
    start, end = map(re.escape, NUMBER.split(out.name))
    there = visible(out.parent) if out.parent.is_dir() else []
    return [file for file in there if re.fullmatch(rf"{start}\d+{end}", file.name)]


def write_shards(folder: FaceFolder, out: Path) -> None:
    """Writes the images as they are, each with the number of its person, into shards of 10,000, or into one file.

    All of them are complete before the first one takes its place. Raises InputError for an image that is not there.
    """
    most = IMAGES_IN_A_SHARD if "%" in out.name else len(folder)
    targets = [shard_name(out, number) for number in range(-(-len(folder) // most))]
    with replacing(targets, after=[file for file in written_shards(out) if file not in targets]) as files:
        writer = webdataset().ShardWriter(
            f"{str(files[0].parent).replace('%', '%%')}/%d", maxcount=most, maxsize=float("inf"), verbose=0,
            encoder=False, mtime=0, user="", group="", format="GNU_FORMAT",
        )  # fmt: skip
        with writer, progress_bar(len(folder), "packing") as bar:
            for number, label in enumerate(folder.labels.tolist()):
                key = f"{number:08d}" if folder.numbered else f"{folder.people[label]}/{number:08d}"
                person = folder.people[label] if folder.numbered else str(label)
                writer.write({"__key__": key, LABEL: person.encode()} | image_to_write(folder, number))
                bar.update(1, folder.images[number])


def image_to_write(folder: FaceFolder, number: int) -> dict[str, bytes]:
    path = folder.path(number)
    extension = PurePosixPath(folder.images[number]).suffix[1:].lower()
    if not extension:  # of an image that lies in another file
        with opened(path) as image:
            endings = [end for end, kind in Image.registered_extensions().items() if kind == image.format]
        extension = min(endings, key=lambda end: (end != ".jpg", len(end)), default=".img")[1:]
    return {extension: content_of(path)}
