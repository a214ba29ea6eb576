"""thumbnails.npz: small grey pictures of a run's points, for pages. NumPy only."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from marginalia.core.errors import InputError
from marginalia.core.files import write_whole
from marginalia.record.arrays import read_arrays
from marginalia.record.snapshot import Run

NAME, SIDE = "thumbnails.npz", 28


def write_thumbnails(folder: Path, pictures: Mapping[str, np.ndarray]) -> None:
    """uint8 (N, 28, 28) by the name of the split; ink is bright."""
    packed = io.BytesIO()
    np.savez(packed, **pictures)  # type: ignore[arg-type]
    write_whole(folder / NAME, packed.getvalue())


def read_thumbnails(folder: Path, run: Run) -> dict[str, np.ndarray]:
    """Those of the splits that have some. Raises InputError if the file is damaged or another run's."""
    path = folder / NAME
    if not path.exists():
        return {}
    try:
        pictures = read_arrays(path)
        for split, pixels in pictures.items():
            if pixels.dtype != np.uint8 or pixels.shape != (len(run.snapshots[0].points(split).labels), SIDE, SIDE):
                raise ValueError(f"{split} has the shape {pixels.shape}")
    except Exception as error:  # readers of damaged files raise whatever comes
        raise InputError(f"{path} is damaged ({str(error)[:100]}); remove it, and pages have no pictures") from None
    return pictures
