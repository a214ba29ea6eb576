"""Features of images, kept in a file, so that each image goes through a recogniser once."""

from __future__ import annotations

import hashlib
import io
import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from marginalia.core.errors import InputError
from marginalia.core.files import write_whole
from marginalia.data.images import InFile, Readable, Reading
from marginalia.faces.embedder import Embedder
from marginalia.progress import progress_bar
from marginalia.record.arrays import read_arrays

CHUNK = 64
SECONDS_BETWEEN_WRITES = 60.0
MARK_BYTES = 16
READER = 2  # goes up when images are read in another way


def fused(embedder: Embedder, paths: Sequence[Readable], reading: Reading, fusion: str, cache: Path) -> np.ndarray:
    """Features of images, (N, D): alone, beside those of the mirror images (N, 2 D), or added to them."""
    plain = embed(embedder, paths, reading, False, cache)
    if fusion == "none":
        return plain
    mirrored = embed(embedder, paths, reading, True, cache)
    return np.concatenate((plain, mirrored), axis=1) if fusion == "concat" else plain + mirrored


def embed(embedder: Embedder, paths: Sequence[Readable], reading: Reading, flipped: bool, cache: Path) -> np.ndarray:
    """Features float32 (N, D); those that `cache` has are not computed again.

    What was computed is written every minute and when this is stopped. An image that was changed is computed anew.
    """
    side = "mirrored" if flipped else "plain"
    file = cache / f"{embedder.name}-{digest(embedder.mark).hex()[:12]}-{side}.npz"
    known = read_cache(file)
    marks = [mark_of(path, reading) for path in paths]
    left = [number for number, mark in enumerate(marks) if mark not in known]
    written, computed = time.monotonic(), False
    try:
        with progress_bar(len(left), f"features ({side})") as bar:
            for start in range(0, len(left), CHUNK):
                chunk = left[start : start + CHUNK]
                features = embedder.embed([paths[number] for number in chunk], reading, flipped)
                known.update(zip((marks[number] for number in chunk), features, strict=True))
                computed = True
                bar.update(len(chunk))
                if time.monotonic() - written > SECONDS_BETWEEN_WRITES:
                    write_cache(file, known)
                    written = time.monotonic()
    finally:
        if computed:
            write_cache(file, known)
    return np.stack([known[mark] for mark in marks])


def mark_of(path: Readable, reading: Reading) -> bytes:
    """Differs for images of another path, size or time of change, or read in another way.

    Raises InputError if there is no such image.
    """
    file, part = (path.file, f" {path.key}") if isinstance(path, InFile) else (Path(str(path)), "")
    try:
        state = file.stat()
    except OSError as error:
        raise InputError(f"{path} cannot be read as an image ({error.strerror}); remove or replace it") from None
    way = f"\n{READER} {reading.background} {reading.integers} {reading.floats} {reading.shows_keys}"
    return digest(os.fsencode(f"{file.resolve()}{part}\n{state.st_size}\n{state.st_mtime_ns}{way}"))


def digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=MARK_BYTES).digest()


def read_cache(file: Path) -> dict[bytes, np.ndarray]:
    """Mark of an image -> its features; empty if there is no file. Raises InputError if it is damaged."""
    if not file.exists():
        return {}
    try:
        content = read_arrays(file)
        marks, features = content["marks"], content["features"]
        if marks.dtype != np.uint8 or marks.shape != (len(features), MARK_BYTES) or features.ndim != 2:
            raise ValueError("it holds something else")
    except Exception as error:  # readers of damaged files raise whatever comes
        raise InputError(
            f"{file} is damaged ({str(error)[:100]}); remove it, and its features are computed anew"
        ) from None
    return {mark.tobytes(): row for mark, row in zip(marks, features.astype(np.float32), strict=True)}


def write_cache(file: Path, known: dict[bytes, np.ndarray]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    packed = io.BytesIO()
    marks = np.frombuffer(b"".join(known), dtype=np.uint8).reshape(-1, MARK_BYTES)
    np.savez(packed, marks=marks, features=np.stack(list(known.values())))
    write_whole(file, packed.getvalue())
