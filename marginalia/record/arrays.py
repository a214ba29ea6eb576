"""Reading .npz files that may come from anybody: no code runs, and no more memory is taken than the file holds."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path
from typing import IO

import numpy as np

PLAIN_KINDS = "biuf"


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays of an uncompressed .npz.

    Raises ValueError for a member that is packed, larger than the file or not a plain array of numbers, and OSError or
    zipfile.BadZipFile for a file that is not whole.
    """
    with path.open("rb") as file, zipfile.ZipFile(file) as archive:
        require_stored(archive, path.stat().st_size)
        return {info.filename.removesuffix(".npy"): read_member(archive, info) for info in archive.infolist()}


def require_stored(archive: zipfile.ZipFile, file_size: int) -> None:
    """ValueError if the archive could unpack to more than its own size."""
    members = archive.infolist()
    if any(info.compress_type != zipfile.ZIP_STORED for info in members):
        raise ValueError("a member is compressed")
    if sum(info.file_size for info in members) > file_size:
        raise ValueError("its members claim more bytes than the file has")


def read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    with archive.open(info) as member:
        shape, fortran_order, dtype = read_header(member)
        if dtype.hasobject or dtype.kind not in PLAIN_KINDS:
            raise ValueError(f"{info.filename} holds {dtype}, not plain numbers")
        content = member.read()
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(content):
        raise ValueError(f"{info.filename} claims the shape {shape} for {len(content)} bytes")
    array = np.frombuffer(content, dtype).reshape(shape, order="F" if fortran_order else "C")
    return array.astype(dtype.newbyteorder("="))


def read_header(member: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, order and number format, as the .npy header says."""
    version = np.lib.format.read_magic(member)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(member)
    if version == (2, 0):
        return np.lib.format.read_array_header_2_0(member)
    raise ValueError(f"unknown .npy version {version}")
