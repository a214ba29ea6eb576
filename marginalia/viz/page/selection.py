"""Chooses the images of a run that a page contains: all errors if they fit, then others evenly over the classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from marginalia.record.snapshot import Points, Run, SplitName

MOST: dict[SplitName, int] = {"train": 2500, "test": 5000}
SEED = 0


@dataclass(frozen=True)
class Images:
    """The images of a run's points, in their order.

    data: the fingerprint of their data set. key: the same for two runs that show the same images. numbers: the place of
    each image in its split of the data set, int64 (N,). pixels: uint8 (N, 28, 28).
    """

    data: str
    key: str
    numbers: Mapping[SplitName, np.ndarray]
    pixels: Mapping[SplitName, np.ndarray]


def selected(points: Sequence[Points], most: int) -> np.ndarray:
    """At most `most` of the images that these runs show, int64 (M,), in the order in which they are painted.

    points: the same images in the last snapshot of each run. The errors of all of them come first, then the classes
    evenly; the order is shuffled, so that no class hides another.
    """
    labels = points[0].labels
    random = np.random.default_rng(SEED)
    wrong = np.any([part.wrong for part in points], axis=0)
    shuffled = random.permutation(len(labels))
    shuffled = shuffled[np.argsort(~wrong[shuffled], kind="stable")]
    rank = np.empty(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        members = shuffled[labels[shuffled] == label]
        rank[members] = np.arange(len(members))
    chosen = shuffled[np.lexsort((rank[shuffled], ~wrong[shuffled]))][:most]
    return random.permutation(chosen)


def in_words(runs: Sequence[Run], split: SplitName, chosen: np.ndarray) -> str:
    """What the page shows of a split, for its reader."""
    points = [run.snapshots[-1].points(split) for run in runs]
    there, wrong = len(points[0].labels), np.any([part.wrong for part in points], axis=0)
    if len(chosen) == there:
        return f"all {there:,} {split} images of the snapshots"
    kept = "every error of the last epoch and others" if wrong.sum() <= len(chosen) else "errors of the last epoch"
    return f"{len(chosen):,} of {there:,} {split} images: {kept}, evenly over the classes"
