"""Which records can be drawn: runs in the plane or in space, with a weight and a prediction for every class."""

from __future__ import annotations

from marginalia.core.errors import InputError
from marginalia.record.snapshot import Run, SplitName

DIMENSIONS = (2, 3)
MOST_CLASSES = 47


def require_drawable(run: Run, split: SplitName) -> None:
    """Raises InputError naming what cannot be drawn, and what is missing for it."""
    reason = what_is_in_the_way(run, split)
    if reason:
        raise InputError(f"{run.name} {reason}")


def what_is_in_the_way(run: Run, split: SplitName) -> str:
    first, classes = run.snapshots[0], len(run.class_names)
    if run.dimension not in DIMENSIONS:
        return f"has features in {run.dimension} dimensions; those in 2 or 3 can be drawn, such as a PCA of them"
    if not 2 <= classes <= MOST_CLASSES:
        return f"has {classes:,} classes; from 2 to {MOST_CLASSES} can be drawn"
    if not len(first.class_weights):
        return "has no class weights; pictures need one a class: Snapshot(…, class_weights=…)"
    if len(first.class_weights) != classes or first.centre_labels is not None:
        return f"has {len(first.class_weights):,} class weights; one a class can be drawn"
    if split not in first.splits:
        return f"has no split {split}; it has {', '.join(first.splits)}"
    if split in run.splits_of_other_classes:
        return f"has classes of their own in {split}; splits in the classes of the run can be drawn"
    if first.splits[split].predictions is None:
        return f"has no predictions of its {split} points; pictures need them: Points(…, predictions=…)"
    return ""
