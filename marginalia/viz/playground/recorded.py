"""The records of the presets as the playground carries them: some test points of every snapshot."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from marginalia.record.included import unpacked
from marginalia.record.snapshot import Run
from marginalia.record.store import read_run
from marginalia.viz.page.pack import angle_steps, length_steps, longest, planes, series

SPLIT = "test"
POINTS = 500
DIGITS = 6


def included_runs() -> list[Run]:
    with tempfile.TemporaryDirectory() as place:
        return [read_run(folder) for folder in sorted(unpacked(Path(place)).iterdir())]


def header(run: Run) -> dict[str, Any]:
    """What `recorded_run.mjs` needs beside the points; lengths of the longest, and weights, in six digits."""
    return {
        "epochs": [snapshot.epoch for snapshot in run.snapshots],
        "accuracies": [snapshot.metrics[f"{SPLIT}_accuracy"] for snapshot in run.snapshots],
        "longest": rounded(longest(features(run))),
        "weights": [rounded(np.asarray(snapshot.class_weights).ravel()) for snapshot in run.snapshots],
        "labels": run.snapshots[-1].points(SPLIT).labels[:POINTS].tolist(),
    }


def block(run: Run) -> bytes:
    """Angles and lengths of the points, (snapshots, points) each, as `pack.planes` has them."""
    return planes(angle_steps(features(run))) + planes(length_steps(features(run)))


def features(run: Run) -> np.ndarray:
    return series(run, SPLIT, np.arange(min(POINTS, len(run.snapshots[-1].points(SPLIT).labels))))


def rounded(values: np.ndarray) -> list[float]:
    return [float(f"{value:.{DIGITS}g}") for value in values]
