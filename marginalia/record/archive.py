"""A run as one small file, NAME.tar.xz: run.json and the snapshots, features to eleven significant bits."""

from __future__ import annotations

import io
import lzma
import re
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from marginalia.core.errors import InputError
from marginalia.core.files import write_whole
from marginalia.record.description import Description
from marginalia.record.snapshot import Record, Snapshot
from marginalia.record.snapshot_file import MOMENT, write_snapshot
from marginalia.record.store import NAME, write_description, write_metrics

SUFFIX = ".tar.xz"
SPARE_BITS = 13
LARGEST_SHORT = np.float32((2 - 2.0**-10) * 2.0**127)
LARGEST = 200 << 20
WRITTEN = re.compile(rf"run\.json|metrics\.csv|snapshots/{MOMENT}\.npz")


def pack(snapshots: Sequence[Snapshot], description: Description, path: Path) -> None:
    """The run as `path`; the same run gives the same bytes. Its features are those that `short` leaves."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_description(folder, description)
        for snapshot in snapshots:
            write_snapshot(folder, shortened(snapshot), description)
        write_metrics(folder, [Record(s.epoch, s.step or 0, s.metrics) for s in snapshots])
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:xz", preset=9) as archive:
            for file in sorted(file for file in folder.rglob("*") if file.is_file()):
                content = file.read_bytes()
                entry = tarfile.TarInfo(file.relative_to(folder).as_posix())
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
    write_whole(path, packed.getvalue())


def shortened(snapshot: Snapshot) -> Snapshot:
    splits = {split: replace(points, features=short(points.features)) for split, points in snapshot.splits.items()}
    return replace(snapshot, splits=splits)


def short(features: np.ndarray) -> np.ndarray:
    """float32 rounded to 11 significant bits: as exact as 16-bit floats, without their limit of 65,504."""
    bits = np.clip(np.asarray(features, np.float32), -LARGEST_SHORT, LARGEST_SHORT).view(np.uint32)
    half = np.uint32((1 << (SPARE_BITS - 1)) - 1) + ((bits >> SPARE_BITS) & 1)
    return ((bits + half) >> SPARE_BITS << SPARE_BITS).view(np.float32)


def unpack(path: Path, folder: Path) -> None:
    """The run of the archive as `folder`, unless it is there already.

    Raises InputError naming the file if the archive is damaged, or the folder if it holds something else.
    """
    files = read_archive(path)
    if folder.exists():
        if not (folder / NAME).is_file() or (folder / NAME).read_bytes() != files[NAME]:
            raise InputError(f"{folder} holds something else than the record of that name; move it away")
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".unpacking-") as place:
        whole = Path(place, folder.name)
        (whole / "snapshots").mkdir(parents=True)
        for name, content in files.items():
            (whole / name).write_bytes(content)
        whole.replace(folder)


def read_archive(path: Path) -> dict[str, bytes]:
    """The files of a run by their names. Raises InputError naming `path` if it is damaged or holds anything else."""
    files, room = {}, LARGEST
    try:
        with tarfile.open(path, mode="r:xz") as archive:
            for member in archive:
                room -= member.size
                if not member.isreg() or not WRITTEN.fullmatch(member.name) or room < 0:
                    raise ValueError(f"{member.name} is no file of a run")
                content = archive.extractfile(member)
                files[member.name] = content.read() if content else b""
        if NAME not in files:
            raise ValueError(f"it has no {NAME}")
    except (tarfile.TarError, lzma.LZMAError, EOFError, ValueError) as error:
        raise InputError(f"{path} is damaged: {error}") from None
    return files
