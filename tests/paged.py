"""Made-up runs that show genuine digits, on disk as training leaves them, for tests of the page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from marginalia.core.margin import MarginSpec
from marginalia.data.dataset import Dataset
from marginalia.record.metrics import SplitEvaluation, measure, unit
from marginalia.record.snapshot import SPLITS, Points, Run, Snapshot

from . import made_up

COUNT, SEED, SNAPSHOTS = 300, 3, 4
CLOSE = 3  # points so close to the middle that only their direction can be told


def shown_run(spec: MarginSpec, dataset: Dataset, name: str, count=COUNT, snapshots=SNAPSHOTS, random_seed=0) -> Run:
    """Classes that part while their weights turn; predictions are those of the weights, so that some are wrong."""
    random = np.random.default_rng(random_seed)
    classes = len(dataset.class_names)
    splits = {"train": dataset.train.sample(count, SEED), "test": dataset.test.sample(count, SEED)}
    noise = {name: random.normal(size=(count, 2)) for name in splits}
    made = []
    for epoch in range(snapshots):
        angles = 2 * np.pi * np.arange(classes) / classes + 0.1 * epoch + 0.05 * random.random(classes)
        weights = np.stack((np.cos(angles), np.sin(angles)), axis=1) * (1 + random.random((classes, 1)))
        points = {}
        for split, part in splits.items():
            features = 40 * (epoch + 0.2) * unit(weights)[part.labels] + 12 * noise[split]
            features[:CLOSE] *= 1e-6
            logits = features @ (unit(weights) if spec.w_norm else weights).T
            points[split] = Points(features.astype(np.float32), part.labels, logits.argmax(axis=1))
        weights = weights.astype(np.float32)
        seen = [SplitEvaluation(points[split], points[split].predictions == points[split].labels) for split in SPLITS]
        metrics = measure(dict(zip(SPLITS, seen, strict=True)), weights, 1.0 if epoch else float("nan"))
        made.append(Snapshot(float(epoch), 10 * epoch, points, weights, metrics))
    return Run(name, name, spec, dataset.class_names, tuple(made))


def save(run: Run, dataset: Dataset, outputs: Path, folder: str = "") -> Run:
    """The run on disk, in `outputs`; returns it."""
    settings: dict = {
        "data": {"dataset": "mnist"}
        | {f"{split}_points": len(run.snapshots[0].points(split).labels) for split in SPLITS},
        "training": {"seed": SEED},
    }
    if run.head:
        settings["head"] = {"name": run.head, "regions": run.regions}
    made_up.save(run, outputs / (folder or run.name), dataset.digest, settings)
    return run


def with_cells(run: Run) -> Run:
    """The same as a run of a head whose classes have cells around their weights, which lie among the features."""
    snapshots = tuple(replace(snapshot, class_weights=60 * snapshot.class_weights) for snapshot in run.snapshots)
    return replace(run, head="RBF-softmax", regions="cells", snapshots=snapshots)


def lost(run: Run) -> Run:
    """The same with so many errors at the last snapshot that their rings cannot be seen."""
    last = run.snapshots[-1]
    points = {split: last.points(split) for split in SPLITS}
    wrong = {split: replace(part, predictions=(part.labels + 1) % 10) for split, part in points.items()}
    return replace(run, snapshots=(*run.snapshots[:-1], replace(last, splits=wrong)))
