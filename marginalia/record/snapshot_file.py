"""One snapshot on disk: an .npz of plain arrays that names the run it belongs to."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from marginalia.config.run_config import VISUAL_DIMENSIONS
from marginalia.core.errors import InputError
from marginalia.core.files import write_whole
from marginalia.record.arrays import read_arrays
from marginalia.record.metrics import METRICS
from marginalia.record.snapshot import SPLITS, Points, Snapshot, epoch_label


def write_snapshot(folder: Path, snapshot: Snapshot, run: bytes) -> None:
    """snapshots/epoch_NN.npz; labels and predictions take a byte each. run: its `store.fingerprint`."""
    arrays: dict[str, np.ndarray] = {"epoch": np.array(snapshot.epoch), "class_weights": snapshot.class_weights}
    arrays["run"] = np.frombuffer(run, np.uint8)
    parts = {split: snapshot.points(split) for split in SPLITS}
    for name, points in (parts | ({"unseen": snapshot.unseen} if snapshot.unseen else {})).items():
        arrays[f"{name}_features"] = points.features
        arrays[f"{name}_labels"] = points.labels.astype(np.uint8)
        arrays[f"{name}_predictions"] = points.predictions.astype(np.uint8)
    for name, value in snapshot.metrics.items():
        arrays[f"metric_{name}"] = np.array(value)
    packed = io.BytesIO()
    np.savez(packed, **arrays)  # type: ignore[arg-type]
    write_whole(folder / "snapshots" / f"epoch_{epoch_label(snapshot.epoch)}.npz", packed.getvalue())


def read_snapshot(path: Path, classes: tuple[int, int], run: bytes) -> Snapshot:
    """One .npz of the run with this fingerprint. Raises InputError naming the file if it is not whole or another's.

    classes: how many were trained, and how many held out.
    """
    try:
        arrays = read_arrays(path)
        if arrays["run"].tobytes() != run:
            raise ValueError("it belongs to another run, or run.json was changed")
        snapshot = Snapshot(
            epoch=float(arrays["epoch"]),
            train=points_of(arrays, "train"),
            test=points_of(arrays, "test"),
            class_weights=arrays["class_weights"],
            metrics={n.removeprefix("metric_"): float(v) for n, v in arrays.items() if n.startswith("metric_")},
            unseen=points_of(arrays, "unseen") if classes[1] else None,
        )
        check_shapes(snapshot, *classes)
    except Exception as error:  # readers of damaged files raise whatever comes
        raise InputError(
            f"{path} is damaged ({str(error).strip() or type(error).__name__}); train the run again"
        ) from None
    return snapshot


def points_of(arrays: dict[str, np.ndarray], split: str) -> Points:
    return Points(
        features=arrays[f"{split}_features"],
        labels=arrays[f"{split}_labels"].astype(np.int64),
        predictions=arrays[f"{split}_predictions"].astype(np.int64),
    )


def check_shapes(snapshot: Snapshot, classes: int, unseen: int) -> None:
    """ValueError unless the arrays have the shapes and ranges that `Snapshot` promises."""
    weights = snapshot.class_weights
    fits = weights.ndim == 2 and weights.shape[0] == classes and weights.shape[1] in VISUAL_DIMENSIONS
    fits = fits and np.isfinite(weights).all() and np.isfinite(snapshot.epoch) and snapshot.epoch >= 0
    parts = [(snapshot.train, classes), (snapshot.test, classes)]
    for points, labels in parts + ([(snapshot.unseen, unseen)] if snapshot.unseen else []):
        count = len(points.labels)
        fits = fits and count > 0 and points.features.shape == (count, weights.shape[1])
        fits = fits and points.predictions.shape == points.labels.shape == (count,)
        fits = fits and bool(np.isfinite(points.features).all())
        fits = fits and min(points.labels.min(), points.predictions.min()) >= 0
        fits = fits and points.labels.max() < labels and points.predictions.max() < classes
    fits = fits and set(METRICS) <= snapshot.metrics.keys()
    if not fits:
        raise ValueError("its arrays do not fit together")
