"""Which records can be drawn: runs of any dimension, with a thousand classes at most."""

from __future__ import annotations

from marginalia.core.errors import InputError
from marginalia.record.snapshot import Run, SplitName

MOST_CLASSES = 1000


def require_drawable(run: Run, split: SplitName) -> None:
    """Raises InputError naming what cannot be drawn, and what is missing for it."""
    reason = what_is_in_the_way(run, split)
    if reason:
        raise InputError(f"{run.name} {reason}")


def what_is_in_the_way(run: Run, split: SplitName) -> str:
    first, classes = run.snapshots[0], len(run.class_names)
    if not 2 <= classes <= MOST_CLASSES:
        return f"has {classes:,} classes; from 2 to {MOST_CLASSES:,} can be drawn"
    if split not in first.splits:
        return f"has no split {split}; it has {', '.join(first.splits)}"
    if split in run.splits_of_other_classes:
        return f"has classes of their own in {split}; splits in the classes of the run can be drawn"
    return ""
