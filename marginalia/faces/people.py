"""The people of a folder in three parts: for training, for validation, and left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from marginalia.core.errors import InputError
from marginalia.core.names import listed
from marginalia.core.parsing import MOST_DIGITS
from marginalia.faces.folder import FaceFolder
from marginalia.faces.names import AROUND, NAMED, Known, read_text, require_matched

FEWEST_TO_VALIDATE = 2
MOST_IMAGES_TO_VALIDATE = 6000  # of which all pairs are 18 million


@dataclass(frozen=True)
class Parts:
    """The images to train on, and those of other people to validate with, or None.

    left_out, too_few: how many people were left out by name, and for too few images.
    """

    train: FaceFolder
    validation: FaceFolder | None
    left_out: int = 0
    too_few: int = 0


def part(folder: FaceFolder, min_images: int, excluded: Iterable[str], validation: float, seed: int) -> Parts:
    """Leaves out people of fewer images and the excluded ones, and sets a share of the others aside for validation.

    Raises InputError if fewer than two people are left for either.
    """
    left_out = set(excluded) & set(folder.people)
    images = dict(zip(folder.people, folder.counts().tolist(), strict=True))
    able = [name for name, count in images.items() if count >= min_images and name not in left_out]
    wanted = max(FEWEST_TO_VALIDATE, round(validation * len(able)))
    chosen = (
        chosen_for_validation([name for name in able if images[name] > 1], wanted, images, seed)
        if validation
        else set()
    )
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
    too_few = len(folder.people) - len(able) - len(left_out)
    return Parts(folder.only(train), folder.only(chosen) if chosen else None, len(left_out), too_few)


def chosen_for_validation(candidates: list[str], wanted: int, images: dict[str, int], seed: int) -> set[str]:
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


def excluded(names: list[str], folder: FaceFolder, source: str, allow_missing: bool) -> tuple[list[str], list[str]]:
    """The people of the folder who are meant by these names or numbers, and what a user should know: who they are, and
    which names are of nobody.

    A name may have several columns, "0000513 TAB Bruce_Lee" or the other way round: the first that is known counts.
    Raises InputError that counts and names those of nobody, unless `allow_missing`: a person who is misspelt is
    trained on.
    """
    known = KnownPeople(folder)
    names = [name for name in names if not name.startswith("#") or known.find(name)]
    meant = {name: known.find(name) for name in names}
    missing = [known.described(name) for name, person in meant.items() if person is None]
    hint = "; its people have no names but numbers of the file's own" if folder.numbered and missing else ""
    lacking = require_matched(missing, len(meant), source, f"nobody in {folder.root}{hint}", allow_missing)
    people = [person for person in meant.values() if person is not None]
    lines = [f"{source}: {len(people):,} of {len(meant):,} names match: {listed(people, NAMED)}"] if people else []
    return people, lines + ([lacking] if lacking else [])


class KnownPeople:
    """The people of a folder by their names, and by their numbers with or without zeros in front.

    Numbers that a packed file gave to its people are not those of a data set: they match as they are written.
    """

    def __init__(self, folder: FaceFolder):
        self.names = Known(folder.people)
        numbers = [name for name in folder.people if numbered(name) is not None and not folder.numbered]
        self.numbers = {numbered(name): name for name in numbers}
        if len(self.numbers) < len(numbers):  # 7 and 007 are two people
            self.numbers = {}

    def find(self, name: str) -> str | None:
        """The person who is meant by the whole name, or by one of its columns; None if that is nobody."""
        for column in (name, *name.split("\t")):
            person = self.names.find(column)
            if person is None and not self.names.candidates(column):
                person = self.numbers.get(numbered(column))
            if person is not None:
                return person
        return None

    def described(self, name: str) -> str:
        return self.names.described(name.partition("\t")[0])


def numbered(name: str) -> int | None:
    """The number that a name is, or None."""
    digits = name.strip(AROUND)
    return int(digits) if digits.isdecimal() and len(digits) <= MOST_DIGITS else None


def read_names(path: Path) -> list[str]:
    """A name a line, which may have several columns with tabs between; empty lines say nothing, nor do those that begin
    with # and are nobody's name."""
    lines = (line.strip() for line in read_text(path, "a list of names").splitlines())
    return [line for line in lines if line]
