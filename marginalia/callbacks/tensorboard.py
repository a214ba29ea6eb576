"""TensorBoard: the frame, the numbers and the points of each snapshot."""

from __future__ import annotations

from typing import Any

import numpy as np

from marginalia.core.errors import InputError
from marginalia.record.description import Description
from marginalia.record.snapshot import Snapshot
from marginalia.record.store import run_of, usual_split
from marginalia.viz.frames import SquareFrame
from marginalia.viz.style import Style

FRAME, MOST_POINTS, LEAST_DIMENSIONS, SEED = 540, 2000, 3, 0


def write_snapshot(writer: Any, description: Description, snapshot: Snapshot) -> None:
    """writer: a SummaryWriter. Its projector shows at most 2,000 points, in all dimensions; colours are by class."""
    run = run_of(description, [snapshot])
    split, step = usual_split(run), snapshot.step or 0
    for name, value in snapshot.metrics.items():
        writer.add_scalar(name, value, step)
    try:
        frame = SquareFrame(run, split, Style(size=FRAME)).image(0)
        writer.add_image(f"feature space/{split}", frame, step, dataformats="HWC")
    except InputError:  # a space that cannot be drawn has its numbers and points
        pass
    points = snapshot.points(split)
    chosen = np.sort(np.random.default_rng(SEED).permutation(len(points.labels))[:MOST_POINTS])
    shown = points.features[chosen]
    missing = max(0, LEAST_DIMENSIONS - shown.shape[1])
    shown = np.pad(shown, ((0, 0), (0, missing)))  # the projector's PCA needs three
    names = [description.class_names[label] for label in points.labels[chosen]]
    writer.add_embedding(shown, metadata=names, global_step=step, tag=split)
    writer.flush()
