"""Any run in the plane as a page can show it: with a split "test", a split "train", and predictions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from marginalia.core.errors import InputError
from marginalia.record.snapshot import SPLITS, Points, Run, Snapshot, SplitName
from marginalia.record.thumbnails import SIDE
from marginalia.viz.page.selection import Images

MOST_CLASSES = 256
BLANK = np.zeros((SIDE, SIDE), np.uint8)


@dataclass(frozen=True)
class PageRun:
    """run: with the splits of a page. names: theirs in the run; "" for a split that it does not have.

    predicts: whether its points have predictions.
    """

    run: Run
    names: Mapping[SplitName, str]
    predicts: bool


def page_run(run: Run) -> PageRun:
    """A run with other splits shows its first one as "test" and its second one as "train".

    Where there is one only, the page hides the choice. Raises InputError for more classes than a page can hold.
    """
    if len(run.class_names) > MOST_CLASSES:
        raise InputError(f"{run.name} has {len(run.class_names):,} classes; a page can show {MOST_CLASSES}")
    there = [split for split in run.snapshots[0].splits if split not in run.splits_of_other_classes]
    if set(SPLITS) <= set(there):
        names = dict(zip(SPLITS, SPLITS, strict=True))
    else:
        test = "test" if "test" in there else there[0]
        names = {"test": test, "train": next((split for split in there if split != test), "")}
    predicts = all(run.snapshots[0].points(name or names["test"]).predictions is not None for name in names.values())
    snapshots = tuple(renamed(snapshot, names) for snapshot in run.snapshots)
    return PageRun(replace(run, snapshots=snapshots), names, predicts)


def renamed(snapshot: Snapshot, names: Mapping[SplitName, str]) -> Snapshot:
    splits, metrics = {}, dict(snapshot.metrics)
    for split, name in names.items():
        points = snapshot.points(name or names["test"])
        predicted = points.labels if points.predictions is None else points.predictions
        splits[split] = Points(points.features, points.labels, predicted)
        for key, value in snapshot.metrics.items():
            if name and name != split and key.startswith(f"{name}_"):
                metrics[split + key.removeprefix(name)] = value
    return replace(snapshot, splits=splits, metrics=metrics)


def pictures_of(shown: PageRun, pictures: Mapping[str, np.ndarray]) -> Images:
    """The thumbnails of the run's points as a page takes them; blank where there are none."""
    digest, pixels, numbers = hashlib.sha256(), {}, {}
    for split, name in shown.names.items():
        labels = shown.run.snapshots[0].points(split).labels
        found = pictures.get(name or shown.names["test"])
        pixels[split] = found if found is not None else np.broadcast_to(BLANK, (len(labels), SIDE, SIDE))
        numbers[split] = np.arange(len(labels))
        digest.update(labels.tobytes() + (b"" if found is None else found.tobytes()))
    mark = digest.hexdigest()
    return Images(mark, mark, numbers, pixels)
