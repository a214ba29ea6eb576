"""Which records can be drawn: runs in the plane or in space, with a weight and a prediction for every class."""

from __future__ import annotations

from marginalia.core.errors import InputError
from marginalia.record.snapshot import Run, SplitName

DIMENSIONS = (2, 3)
MOST_CLASSES = 47


def require_drawable(run: Run, split: SplitName) -> None:
    """InputError that says what of the run cannot be drawn."""
    first, classes = run.snapshots[0], len(run.class_names)
    if split not in first.splits:
        raise InputError(f"{run.name} has no split {split}; it has {', '.join(first.splits)}")
    if run.dimension not in DIMENSIONS:
        raise InputError(f"{run.name} has features in {run.dimension} dimensions; those in 2 or 3 can be drawn")
    if not 2 <= classes <= MOST_CLASSES:
        raise InputError(f"{run.name} has {classes:,} classes; from 2 to {MOST_CLASSES} can be drawn")
    if len(first.class_weights) != classes or first.centre_labels is not None:
        raise InputError(f"{run.name} has {len(first.class_weights):,} class weights; one a class can be drawn")
    if first.splits[split].predictions is None:
        raise InputError(f"{run.name} has no predictions of its {split} points, and needs them to be drawn")
