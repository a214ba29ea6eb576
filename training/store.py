"""A run on disk: run.json, metrics.csv and one .npz a snapshot. Plain arrays and JSON, nothing that executes."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from errors import InputError
from files import write_whole
from losses.margin import MarginSpec
from training.config import RunConfig
from training.parsing import parse, require_keys
from training.snapshot import SPLITS, Points, Run, Snapshot, epoch_label

FORMAT = 1
RUN_KEYS = ("format", "name", "lossname", "margin", "class_names", "config", "made_with")


def write_run(folder: Path, config: RunConfig, class_names: Iterable[str], made_with: dict[str, Any]) -> None:
    """run.json: all that is needed to redraw or to repeat the run."""
    settings = asdict(config)
    content = {
        "format": FORMAT,
        "name": settings.pop("name"),
        "lossname": settings.pop("lossname"),
        "margin": settings.pop("margin"),
        "class_names": list(class_names),
        "config": settings,
        "made_with": made_with,
    }
    (folder / "snapshots").mkdir(parents=True, exist_ok=True)
    write_whole(folder / "run.json", (json.dumps(content, indent=2) + "\n").encode())


def write_snapshot(folder: Path, snapshot: Snapshot) -> None:
    """snapshots/epoch_NN.npz; labels and predictions take a byte each."""
    arrays: dict[str, np.ndarray] = {"epoch": np.array(snapshot.epoch), "class_weights": snapshot.class_weights}
    for split in SPLITS:
        points = snapshot.points(split)
        arrays[f"{split}_features"] = points.features
        arrays[f"{split}_labels"] = points.labels.astype(np.uint8)
        arrays[f"{split}_predictions"] = points.predictions.astype(np.uint8)
    for name, value in snapshot.metrics.items():
        arrays[f"metric_{name}"] = np.array(value)
    packed = io.BytesIO()
    np.savez(packed, **arrays)  # type: ignore[arg-type]
    write_whole(folder / "snapshots" / f"epoch_{epoch_label(snapshot.epoch)}.npz", packed.getvalue())


def write_metrics(folder: Path, snapshots: Iterable[Snapshot]) -> None:
    """metrics.csv: a row a snapshot."""
    rows = [{"epoch": snapshot.epoch, **snapshot.metrics} for snapshot in snapshots]
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    write_whole(folder / "metrics.csv", table.getvalue().encode())


def read_run(folder: Path) -> Run:
    """The run in `folder`. Raises InputError naming the file if it does not exist, is empty or is damaged."""
    path = folder / "run.json"
    if not path.is_file():
        raise InputError(f"{folder} holds no run (no run.json); train one with: python main.py --lossname …")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is damaged ({error}); train the run again") from None
    require_keys(content, RUN_KEYS, str(path))
    if content["format"] != FORMAT:
        raise InputError(f"{path} has format {content['format']!r}, this version reads {FORMAT}")
    names = content["class_names"]
    if not isinstance(names, list) or len(names) < 2 or not all(isinstance(name, str) for name in names):
        raise InputError(f"{path}: class_names must be a list of at least two strings")
    spec = parse(MarginSpec, content["margin"], f"{path}: margin")
    files = sorted((folder / "snapshots").glob("epoch_*.npz"))
    if not files:
        raise InputError(f"{folder}/snapshots is empty: the run was stopped before its first snapshot; train it again")
    snapshots = sorted((read_snapshot(file, len(names)) for file in files), key=lambda snapshot: snapshot.epoch)
    return Run(str(content["name"]), str(content["lossname"]), spec, tuple(names), tuple(snapshots))


def read_snapshot(path: Path, classes: int) -> Snapshot:
    """One .npz. Raises InputError naming the file if it is not whole or its arrays do not fit together."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        snapshot = Snapshot(
            epoch=float(arrays["epoch"]),
            train=points_of(arrays, "train"),
            test=points_of(arrays, "test"),
            class_weights=arrays["class_weights"],
            metrics={n.removeprefix("metric_"): float(v) for n, v in arrays.items() if n.startswith("metric_")},
        )
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path} is damaged ({str(error).strip() or type(error).__name__}); remove it or train again"
        ) from None
    check_shapes(snapshot, classes, path)
    return snapshot


def points_of(arrays: dict[str, np.ndarray], split: str) -> Points:
    return Points(
        features=arrays[f"{split}_features"],
        labels=arrays[f"{split}_labels"].astype(np.int64),
        predictions=arrays[f"{split}_predictions"].astype(np.int64),
    )


def check_shapes(snapshot: Snapshot, classes: int, path: Path) -> None:
    weights = snapshot.class_weights
    fits = weights.ndim == 2 and weights.shape[0] == classes and np.isfinite(weights).all()
    for points in (snapshot.train, snapshot.test):
        count = len(points.labels)
        fits = fits and count > 0 and points.features.shape == (count, weights.shape[1])
        fits = fits and points.predictions.shape == points.labels.shape == (count,)
        fits = fits and bool(np.isfinite(points.features).all())
        fits = fits and min(points.labels.min(), points.predictions.min()) >= 0
        fits = fits and max(points.labels.max(), points.predictions.max()) < classes
    if not fits:
        raise InputError(f"{path} is damaged (its arrays do not fit together); remove it or train again")
