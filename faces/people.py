"""Who is trained on, who validates, and who must not be seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from errors import InputError
from faces.folder import FaceFolder

FEWEST_TO_VALIDATE = 2


@dataclass(frozen=True)
class Parts:
    """The images to train on, and those of other people to validate with, or None."""

    train: FaceFolder
    validation: FaceFolder | None


def part(folder: FaceFolder, min_images: int, excluded: Iterable[str], validation: float, seed: int) -> Parts:
    """Leaves out people of fewer images and the excluded ones, and sets a share of the others aside for validation.

    Raises InputError if fewer than two people are left to train on.
    """
    left_out = set(excluded)
    counts = folder.counts()
    able = [name for name, count in zip(folder.people, counts, strict=True) if count >= min_images]
    able = [name for name in able if name not in left_out]
    chosen: set[str] = set()
    if validation:
        several = {name for name, count in zip(folder.people, counts, strict=True) if count > 1}
        candidates = [name for name in able if name in several]
        wanted = max(FEWEST_TO_VALIDATE, round(validation * len(able)))
        order = np.random.default_rng(seed).permutation(len(candidates))[:wanted]
        chosen = {candidates[i] for i in order}
    train = [name for name in able if name not in chosen]
    if len(train) < 2:
        raise InputError(
            f"{folder.root}: {len(train)} people to train on, at least 2 are needed; of {len(folder.people)} there, "
            f"{len(able)} have {min_images} images or more and are not excluded, {len(chosen)} of them validate"
        )
    return Parts(folder.only(train), folder.only(chosen) if chosen else None)


def read_names(path: Path) -> list[str]:
    """A name a line; empty lines and those that begin with # say nothing."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as a list of names ({error})") from None
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
