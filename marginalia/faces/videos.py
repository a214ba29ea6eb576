"""Pairs of videos, each a folder of frames, as YouTube Faces has them.

A line of splits.txt is "split, person/video, person/video, 1 or 0"; the first line may be a heading. Source: Wolf,
Hassner, Maoz, Face Recognition in Unconstrained Videos with Matched Background Similarity, CVPR 2011.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from marginalia.core.errors import InputError
from marginalia.core.parsing import whole_number
from marginalia.data.class_folders import is_image, visible
from marginalia.data.measure import measure
from marginalia.faces.embedder import Embedder
from marginalia.faces.embeddings import embed
from marginalia.faces.names import AROUND, read_text
from marginalia.faces.pairs import person
from marginalia.faces.protocol import LFW, Verification, verify

ANSWERS = {"1": True, "0": False}


@dataclass(frozen=True)
class VideoPairs:
    """left, right: names "person/video". same: bool (N,). folds: int64 (N,), from 1."""

    left: tuple[str, ...]
    right: tuple[str, ...]
    same: np.ndarray
    folds: np.ndarray

    def showing(self, people: frozenset[str]) -> int:
        """How many pairs show one of these people."""
        sides = zip(self.left, self.right, strict=True)
        return sum(person(left) in people or person(right) in people for left, right in sides)


def read_splits(path: Path) -> VideoPairs:
    """Raises InputError naming the line that is wrong, or where there are fewer than two splits."""
    rows: list[tuple[int, str, str, bool]] = []
    for number, line in enumerate(read_text(path, "splits.txt of YouTube Faces").splitlines(), 1):
        fields = [field.strip(AROUND) for field in line.split(",")]
        if not line.strip() or (number == 1 and not fields[0].isdecimal()):
            continue
        try:
            rows.append((whole_number(fields[0]), fields[-3], fields[-2], ANSWERS[fields[-1]]))
        except (ValueError, IndexError, KeyError):
            wanted = "a split, two videos and 1 or 0 are needed, as in '1, Ann/0, Ann/3, 1'"
            raise InputError(f"{path}, line {number}: {wanted}") from None
    if len({split for split, *_ in rows}) < 2:
        raise InputError(f"{path}: at least two splits are needed, since a threshold is chosen on the others")
    folds, left, right, same = zip(*rows, strict=True)
    return VideoPairs(left, right, np.array(same), np.array(folds, dtype=np.int64))


def frames_of(root: Path, video: str, most: int | None) -> list[Path]:
    """The frames of a video in the order of their numbers, all or so many evenly spaced.

    Raises InputError if there is no such video or it has no frames.
    """
    folder = root / video
    if PurePosixPath(video).is_absolute() or ".." in PurePosixPath(video).parts or not folder.is_dir():
        raise InputError(f"{folder}: no such video; --videos must hold PERSON/VIDEO/, with frames in it")
    frames = sorted((path for path in visible(folder) if is_image(path)), key=numbered)
    if not frames:
        raise InputError(f"{folder} has no frames")
    if most is None or most >= len(frames):
        return frames
    return [frames[place] for place in np.linspace(0, len(frames) - 1, most).round().astype(int)]


def numbered(path: Path) -> tuple[list[int], str]:
    """So that frame 10 comes after frame 9."""
    return [int(digits) for digits in re.findall(r"[0-9]+", path.name)], path.name


def evaluate_videos(
    embedder: Embedder, root: Path, pairs: VideoPairs, most: int | None, cache: Path
) -> tuple[Verification, int]:
    """A video's feature is the mean of its frames' features. Returns the accuracies, and how many frames were used."""
    names = sorted({*pairs.left, *pairs.right})
    frames = {name: frames_of(root, name, most) for name in names}
    every = [path for paths in frames.values() for path in paths]
    features = embed(embedder, every, measure(every), False, cache)
    ends = np.cumsum([len(paths) for paths in frames.values()])[:-1]
    means = np.stack([part.mean(axis=0) for part in np.split(features, ends)])
    place = {name: number for number, name in enumerate(names)}
    left, right = (means[[place[name] for name in side]] for side in (pairs.left, pairs.right))
    return verify(left, right, pairs.same, pairs.folds, LFW, embedder.similarity), len(every)
