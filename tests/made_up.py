"""A run whose numbers are made up, for tests of pictures."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from marginalia.config.config_file import ConfigFile
from marginalia.record.metrics import Observed, measure
from marginalia.record.snapshot import Points, Run, Snapshot
from marginalia.record.snapshot_file import write_snapshot
from marginalia.record.store import FORMAT, fingerprint

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
        seen = Observed(points, random.random(count) < 0.7)
        made.append(Snapshot(float(epoch), points, points, weights, measure(seen, seen, weights, 1.0)))
    return Run(lossname, lossname, config_file.margin(lossname), names, tuple(made))


def save(run: Run, place: Path, images: str = "", config: dict[str, Any] | None = None) -> None:
    """A finished run on disk, as training leaves it. images, config: what run.json says of them."""
    content = {
        "format": FORMAT, "name": run.name, "lossname": run.lossname, "margin": asdict(run.spec),
        "class_names": list(run.class_names), "unseen_names": list(run.unseen_names), "images": images,
        "config": config or {}, "made_with": {}, "finished": len(run.snapshots), "metrics": {},
    }  # fmt: skip
    (place / "snapshots").mkdir(parents=True)
    (place / "run.json").write_text(json.dumps(content))
    for snapshot in run.snapshots:
        write_snapshot(place, snapshot, fingerprint(content))
