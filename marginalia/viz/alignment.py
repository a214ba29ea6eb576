"""Rotates runs to common class directions, so that a reader compares shapes and not orientations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from marginalia.record.metrics import unit
from marginalia.record.snapshot import Run, Snapshot

MIRRORED = "↔"


@dataclass(frozen=True)
class Aligned:
    """A run after its rotation. mirrored: whether it was also reflected."""

    run: Run
    mirrored: bool

    @property
    def marked(self) -> Run:
        """The run, with a sign behind its name if it is mirrored."""
        return replace(self.run, name=f"{self.run.name} {MIRRORED}") if self.mirrored else self.run


def aligned(runs: Sequence[Run]) -> list[Aligned]:
    """The runs, each rotated so that its last class weights come as close as possible to those of the first run.

    The rotation or reflection that brings unit vectors nearest to others in least squares (orthogonal Procrustes
    problem, Schönemann 1966). Angles, lengths and predictions stay. A run with other classes or another D is not
    changed.
    """
    first = runs[0]
    return [Aligned(first, False), *(turned(run, first) for run in runs[1:])]


def turned(run: Run, first: Run) -> Aligned:
    mine, wanted = (each.snapshots[-1].class_weights.astype(np.float64) for each in (run, first))
    if run.class_names != first.class_names or mine.shape != wanted.shape or not len(mine):
        return Aligned(run, False)
    left, _, right = np.linalg.svd(unit(mine).T @ unit(wanted))
    turn = left @ right
    snapshots = tuple(turned_snapshot(snapshot, turn) for snapshot in run.snapshots)
    return Aligned(replace(run, snapshots=snapshots), bool(np.linalg.det(turn) < 0))


def turned_snapshot(snapshot: Snapshot, turn: np.ndarray) -> Snapshot:
    splits = {
        split: replace(points, features=(points.features @ turn).astype(points.features.dtype))
        for split, points in snapshot.splits.items()
    }
    weights = (snapshot.class_weights @ turn).astype(snapshot.class_weights.dtype)
    return replace(snapshot, splits=splits, class_weights=weights)
