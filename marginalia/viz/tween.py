"""Smooth movement between snapshots. Interpolated snapshots are drawn and never saved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from marginalia.record.snapshot import Points, Run, Snapshot


def tweened(run: Run, between: int) -> Run:
    """The run with `between` interpolated snapshots after each but the last, features and weights on straight lines.

    An interpolated snapshot keeps the epoch, the predictions and the metrics of the measured one before it, so that
    every number that is shown was measured.
    """
    snapshots: list[Snapshot] = []
    for before, after in zip(run.snapshots, run.snapshots[1:], strict=False):
        snapshots += [blend(before, after, step / (between + 1)) for step in range(between + 1)]
    return replace(run, snapshots=(*snapshots, run.snapshots[-1]))


def blend(before: Snapshot, after: Snapshot, share: float) -> Snapshot:
    """`share` of the way from one snapshot to the next."""
    if share == 0 or before is after:
        return before
    return replace(
        before,
        before=before,
        share=share,
        class_weights=line(before.class_weights, after.class_weights, share),
        splits={split: blend_points(points, after.splits[split], share) for split, points in before.splits.items()},
    )


def blend_points(before: Points, after: Points, share: float) -> Points:
    return replace(before, features=line(before.features, after.features, share))


def line(start: np.ndarray, end: np.ndarray, share: float) -> np.ndarray:
    return ((1 - share) * start + share * end).astype(start.dtype)
