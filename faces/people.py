"""Who is trained on, who validates, and who must not be seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from errors import InputError
from faces.folder import FaceFolder

FEWEST_TO_VALIDATE = 2
MOST_IMAGES_TO_VALIDATE = 6000  # of which all pairs are 18 million


@dataclass(frozen=True)
class Parts:
    """The images to train on, and those of other people to validate with, or None. left_out: people, by name."""

    train: FaceFolder
    validation: FaceFolder | None
    left_out: int = 0


def part(folder: FaceFolder, min_images: int, excluded: Iterable[str], validation: float, seed: int) -> Parts:
    """Leaves out people of fewer images and the excluded ones, and sets a share of the others aside for validation.

    Raises InputError if fewer than two people are left for either.
    """
    left_out = set(excluded) & set(folder.people)
    images = dict(zip(folder.people, folder.counts().tolist(), strict=True))
    able = [name for name, count in images.items() if count >= min_images and name not in left_out]
    wanted = max(FEWEST_TO_VALIDATE, round(validation * len(able)))
    chosen = drawn([name for name in able if images[name] > 1], wanted, images, seed) if validation else set()
    train = [name for name in able if name not in chosen]
    if len(train) < 2:
        raise InputError(
            f"{folder.root}: {len(train)} people to train on, at least 2 are needed; of {len(folder.people)} there, "
            f"{len(able)} have {min_images} images or more and are not excluded, {len(chosen)} of them validate"
        )
    if validation and len(chosen) < FEWEST_TO_VALIDATE:
        raise InputError(
            f"{folder.root}: {len(chosen)} people with several images to validate with, at least {FEWEST_TO_VALIDATE} "
            f"are needed, with {MOST_IMAGES_TO_VALIDATE:,} images at most; --validation 0 does without"
        )
    return Parts(folder.only(train), folder.only(chosen) if chosen else None, len(left_out))


def drawn(candidates: list[str], wanted: int, images: dict[str, int], seed: int) -> set[str]:
    """So many of the candidates by chance; those are passed over with whom the images would be too many to be judged
    pair by pair."""
    chosen: set[str] = set()
    total = 0
    for number in np.random.default_rng(seed).permutation(len(candidates)):
        name = candidates[number]
        if len(chosen) < wanted and total + images[name] <= MOST_IMAGES_TO_VALIDATE:
            chosen.add(name)
            total += images[name]
    return chosen


def require_some(names: list[str], folder: FaceFolder, source: object) -> list[str]:
    """The names. Raises InputError if there are some, and none of them is in the folder: they are misspelt, then."""
    if names and not set(names) & set(folder.people):
        raise InputError(f"{source}: none of its {len(set(names))} people is in {folder.root}; check their names")
    return names


def read_names(path: Path) -> list[str]:
    """A name a line; empty lines and those that begin with # say nothing."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as a list of names ({error})") from None
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
