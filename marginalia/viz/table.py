"""The points of a run as the columns of a table, as embedding-atlas and data frames take them."""

from __future__ import annotations

import numpy as np

from marginalia.record.snapshot import Run, SplitName
from marginalia.viz.projection import in_view, projected


def columns(run: Run, split: SplitName) -> dict[str, np.ndarray]:
    """A row for each point at each snapshot: epoch, step, label, prediction, text, x, y, and the features x0, x1, …

    x and y are the place in the plane, of more than two dimensions that of the projection; text is the name of the
    point, or its number in the split.
    """
    view = in_view(run, split)
    view = view if view.dimension == 2 else projected(run, split, "means")
    names = np.array(run.class_names)
    first = run.snapshots[0].points(split)
    texts = np.array(run.point_names.get(split) or [f"{split} {number}" for number in range(len(first.labels))])
    places = np.concatenate([snapshot.points(split).features for snapshot in view.snapshots])
    features = np.concatenate([snapshot.points(split).features for snapshot in run.snapshots])
    count, each = len(run.snapshots), len(first.labels)
    table = {
        "epoch": np.repeat([snapshot.epoch for snapshot in run.snapshots], each),
        "step": np.repeat([snapshot.step or 0 for snapshot in run.snapshots], each),
        "label": np.tile(names[first.labels], count),
    }
    predictions = [snapshot.points(split).predictions for snapshot in run.snapshots]
    if first.predictions is not None:
        table["prediction"] = names[np.concatenate(predictions)]  # type: ignore[arg-type]
    table |= {"text": np.tile(texts, count), "x": places[:, 0], "y": places[:, 1]}
    return table | {f"x{axis}": features[:, axis] for axis in range(run.dimension)}
