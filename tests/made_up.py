"""A run whose numbers are made up, for tests of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from marginalia.config.config_file import ConfigFile
from marginalia.record.description import Description, DrawnHead, SplitNames
from marginalia.record.metrics import SplitEvaluation, measure
from marginalia.record.snapshot import HELD_OUT, Points, Run, Snapshot
from marginalia.record.snapshot_file import write_snapshot
from marginalia.record.store import write_description
from marginalia.viz.dots import Dots

NAMES = tuple("0123456789")


def made_up_run(
    config_file: ConfigFile, lossname="CosFace_v1", snapshots=4, count=400, dimension=2, names=NAMES, seed=0
) -> Run:
    """Classes that part from the middle while the epochs go by; a tenth of the predictions are wrong."""
    random = np.random.default_rng(seed)
    classes = len(names)
    weights = random.normal(size=(classes, dimension)).astype(np.float32)
    labels = random.integers(classes, size=count)
    predictions = np.where(random.random(count) < 0.1, (labels + 1) % classes, labels)
    made = []
    for epoch in range(snapshots):
        features = (epoch + 0.1) * weights[labels] + random.normal(size=(count, dimension), scale=0.3)
        points = Points(features.astype(np.float32), labels, predictions)
        seen = SplitEvaluation(points, random.random(count) < 0.7)
        metrics = measure({"train": seen, "test": seen}, weights, 1.0)
        made.append(Snapshot(float(epoch), 10 * epoch, {"train": points, "test": points}, weights, metrics))
    return Run(lossname, lossname, config_file.margin(lossname), names, tuple(made))


def save(run: Run, place: Path, images: str = "", settings: dict[str, Any] | None = None) -> None:
    """A finished run on disk, as training leaves it. images, settings: what run.json says of them."""
    held_out = {HELD_OUT: SplitNames(run.held_out_names)} if run.held_out_names else {}
    described = Description(
        name=run.name,
        lossname=run.lossname,
        class_names=run.class_names,
        splits={"train": SplitNames(), "test": SplitNames()} | held_out,
        head=DrawnHead(run.spec, run.head or "", run.regions),
        images=images,
        source="mnist",
        settings=settings or {},
        finished=len(run.snapshots),
    )
    write_description(place, described)
    for snapshot in run.snapshots:
        write_snapshot(place, snapshot, described)


def drawn(dots: Dots) -> np.ndarray:
    """All points that the dots show, (N, 2), in the order of the points."""
    shown = np.empty_like(dots.positions)
    shown[dots.order] = dots.positions
    return shown
