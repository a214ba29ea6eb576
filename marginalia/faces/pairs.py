"""Pairs of images of which a recogniser must say whether they show the same person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np

from marginalia.core.errors import InputError
from marginalia.faces.folder import FaceFolder
from marginalia.faces.names import AROUND, Known, read_text

MOST_PAIRS = 20_000_000
SHOWN = 3


@dataclass(frozen=True)
class Pairs:
    """left, right: names of images without their endings, "person/person_0001". same: bool (N,). folds: int64 (N,)."""

    left: tuple[str, ...]
    right: tuple[str, ...]
    same: np.ndarray
    folds: np.ndarray

    def __len__(self) -> int:
        return len(self.same)

    def where(self, kept: np.ndarray) -> Pairs:
        """The pairs of a bool (N,)."""
        chosen = np.flatnonzero(kept)
        left, right = (tuple(side[i] for i in chosen) for side in (self.left, self.right))
        return Pairs(left, right, self.same[chosen], self.folds[chosen])

    def renamed(self, names: Mapping[str, str]) -> Pairs:
        left, right = (tuple(names[image] for image in side) for side in (self.left, self.right))
        return replace(self, left=left, right=right)

    def show(self, people: frozenset[str]) -> np.ndarray:
        """Which pairs show one of these people, bool (N,)."""
        sides = zip(self.left, self.right, strict=True)
        return np.array([person(a) in people or person(b) in people for a, b in sides], dtype=bool)

    def people(self) -> frozenset[str]:
        return frozenset(person(image) for side in (self.left, self.right) for image in side)


def person(image: str) -> str:
    """The folder of "person/image"."""
    return image.partition("/")[0]


def read_pairs(path: Path) -> Pairs:
    """LFW's pairs.txt: a line "folds pairs", then for each fold so many lines "name i j" and "name i name j".

    Raises InputError naming the line that is wrong, or one that shows a single image or the same pair as another.
    """
    text = read_text(path, "LFW's pairs.txt")
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    try:
        folds, each = map(int, lines[0][1].split())
    except (ValueError, IndexError):
        raise InputError(f"{path}, line 1: the number of folds and of pairs is needed, as in '10 300'") from None
    if folds < 2 or each < 1 or len(lines) != 1 + 2 * folds * each:
        wanted = f"{folds} folds of {each} pairs of each kind need {1 + 2 * folds * each} lines"
        raise InputError(f"{path}: {wanted}, but it has {len(lines)}; at least 2 folds of 1 are needed")
    both = {number: parse_pair(line, f"{path}, line {number}") for number, line in lines[1:]}
    same = np.tile(np.repeat((True, False), each), folds)
    for (number, pair), expected in zip(both.items(), same, strict=True):
        if (person(pair[0]) == person(pair[1])) != expected:
            raise InputError(f"{path}, line {number}: a pair of {'one person' if expected else 'two people'} is due")
    require_different(both, path)
    left, right = zip(*both.values(), strict=True)
    return Pairs(left, right, same, np.repeat(np.arange(1, folds + 1), 2 * each))


def require_different(pairs: dict[int, tuple[str, str]], path: Path) -> None:
    """InputError for a pair of an image with itself, and for a pair that is there twice, in either order."""
    lines: dict[frozenset[str], int] = {}
    for number, pair in pairs.items():
        if pair[0] == pair[1]:
            raise InputError(f"{path}, line {number}: {pair[0]} is paired with itself; correct or replace the line")
        before = lines.setdefault(frozenset(pair), number)
        if before != number:
            raise InputError(f"{path}, line {number}: this pair is in line {before} already; replace one of them")


def parse_pair(line: str, where: str) -> tuple[str, str]:
    """The two images of a line."""
    words = [word.strip(AROUND) for word in (line.split("\t") if "\t" in line else line.split())]
    try:
        if len(words) == 3:
            return image_name(words[0], words[1]), image_name(words[0], words[2])
        if len(words) == 4:
            return image_name(words[0], words[1]), image_name(words[2], words[3])
    except ValueError:
        pass
    raise InputError(f"{where}: 'name i j' or 'name i name j' is needed, not {line[:60]!r}")


def image_name(name: str, number: str) -> str:
    return f"{name}/{name}_{int(number):04d}"


def require_sound(pairs: Pairs) -> None:
    """InputError where names that are written differently mean one image or one person, against what the pairs say."""
    seen: set[frozenset[str]] = set()
    for left, right, same in zip(pairs.left, pairs.right, pairs.same.tolist(), strict=True):
        kinds = ("one person", "two people")
        if left == right:
            fault = f"{left} is paired with itself"
        elif (person(left) == person(right)) != same:
            fault = f"{left} and {right} show {kinds[same]}, but the pairs say {kinds[not same]}"
        elif frozenset((left, right)) in seen:
            fault = f"the pair of {left} and {right} stands twice"
        else:
            seen.add(frozenset((left, right)))
            continue
        raise InputError(f"{fault}, once names are matched to the folder; correct the pairs")


def all_pairs(folder: FaceFolder) -> tuple[Pairs, np.ndarray, np.ndarray]:
    """Every two images of the folder, in one fold, and their numbers in the folder, int64 (N,) each side.

    Raises InputError if they are too many, or of one kind only.
    """
    count = len(folder) * (len(folder) - 1) // 2
    if count > MOST_PAIRS:
        raise InputError(f"{folder.root}: {count:,} pairs are too many; give --pairs, or fewer images")
    first, second = np.triu_indices(len(folder), 1)
    same = folder.labels[first] == folder.labels[second]
    if not same.any() or same.all():
        raise InputError(f"{folder.root}: at least two people, and two images of one, are needed for pairs")
    stems = [stem(image) for image in folder.images]
    left, right = (tuple(stems[i] for i in side) for side in (first, second))
    return Pairs(left, right, same, np.ones(count, dtype=np.int64)), first, second


def stem(image: str) -> str:
    return str(PurePosixPath(image).with_suffix(""))


def locate(pairs: Pairs, folder: FaceFolder, skip_missing: bool) -> tuple[Pairs, np.ndarray, np.ndarray]:
    """The pairs whose images are there, as the folder names them, and their numbers in it, int64 (N,) each side.

    Raises InputError that counts what is missing, unless `skip_missing`; always if nothing is left, or a name means
    two images.
    """
    known = Known(map(stem, folder.images))
    pairs = pairs.renamed({image: known.find(image) or image for image in (*pairs.left, *pairs.right)})
    asked = {image for side in (pairs.left, pairs.right) for image in side}
    number: dict[str, int] = {}
    for i, image in enumerate(folder.images):
        if number.setdefault(stem(image), i) != i and stem(image) in asked:
            other = folder.images[number[stem(image)]]
            raise InputError(f"{folder.root}: {other} and {image} have one name in pairs; rename one of them")
    missing = sorted(asked - number.keys())
    if missing and not skip_missing:
        unknown = sorted(pairs.people() - set(folder.people))
        what, names = (f"{len(unknown)} people", unknown) if unknown else (f"{len(missing)} images", missing)
        people = Known(folder.people)
        names = [people.described(name) for name in names[: SHOWN + 1]]
        named = ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
        raise InputError(
            f"{folder.root} lacks {what} that the pairs name ({named}), {len(missing)} images in all; "
            "check --data, or add --skip-missing"
        )
    there = np.array([a in number and b in number for a, b in zip(pairs.left, pairs.right, strict=True)])
    kept = pairs.where(there)
    require_sound(kept)
    if not kept.same.any() or kept.same.all():
        raise InputError(
            f"{folder.root}: of the pairs, none of the same or of different people are there; check --data"
        )
    left, right = (np.array([number[image] for image in side]) for side in (kept.left, kept.right))
    return kept, left, right
