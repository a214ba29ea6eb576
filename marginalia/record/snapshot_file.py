"""One snapshot on disk: an .npz of plain arrays that names the run it belongs to."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np

from marginalia.core.errors import InputError
from marginalia.core.files import write_whole
from marginalia.record.arrays import read_arrays
from marginalia.record.description import Description
from marginalia.record.snapshot import HELD_OUT, Points, Snapshot, epoch_label, no_weights

MOMENT = r"epoch_\d\d+(\.\d\d)?(_step_\d+)?"
METRIC = "metric_"
FLOATS, SINGLE = ("features", "class_weights", "bias", "psi"), ("features", "class_weights")
LARGEST = float(np.finfo(np.float32).max)
FORMAT_2_HELD_OUT = "unseen"


def snapshot_files(folder: Path) -> list[Path]:
    """The files of the run's snapshots; other files in the folder are ignored."""
    pattern = re.compile(rf"{MOMENT}\.npz")
    return sorted(path for path in (folder / "snapshots").glob("*.npz") if pattern.fullmatch(path.name))


def write_snapshot(folder: Path, snapshot: Snapshot, description: Description) -> None:
    """snapshots/epoch_NN_step_N.npz; labels and predictions take one or two bytes each.

    Raises InputError if the snapshot does not fit the run that is described; then nothing is written.
    """
    require_snapshot(snapshot, description)
    require_new_step(folder, snapshot)
    arrays = {
        "run": np.frombuffer(description.fingerprint, np.uint8),
        "epoch": np.array(snapshot.epoch),
        "step": np.array(snapshot.step),
    }
    for split, points in snapshot.splits.items():
        arrays[f"{split}_features"] = points.features.astype(np.float32, copy=False)
        arrays[f"{split}_labels"] = small(points.labels)
        if points.predictions is not None:
            arrays[f"{split}_predictions"] = small(points.predictions)
    if len(snapshot.class_weights):
        arrays["class_weights"] = snapshot.class_weights.astype(np.float32, copy=False)
    optional = {"bias": snapshot.bias, "centre_labels": snapshot.centre_labels, "psi": snapshot.psi}
    arrays |= {name: array for name, array in optional.items() if array is not None}
    arrays |= {f"{METRIC}{name}": np.array(value) for name, value in snapshot.metrics.items()}
    packed = io.BytesIO()
    np.savez(packed, **arrays)  # type: ignore[arg-type]
    write_whole(folder / "snapshots" / file_name(snapshot), packed.getvalue())


def require_snapshot(snapshot: Snapshot, description: Description) -> None:
    """InputError if the snapshot does not fit the run that is described, or could not be read again."""
    try:
        require_fits(snapshot, description)
        if not isinstance(snapshot.step, (int, np.integer)) or snapshot.step < 0:
            raise ValueError(f"its step must be a whole number, 0 or more, not {snapshot.step}")
        for metric, value in snapshot.metrics.items():
            if not isinstance(value, (int, float, np.number)):
                raise ValueError(f"metric {metric} must be a number, not {type(value).__name__}")
    except ValueError as error:
        raise InputError(f"snapshot of epoch {snapshot.epoch:g}: {error}") from None


def require_new_step(folder: Path, snapshot: Snapshot) -> None:
    """InputError if the run has a snapshot of another epoch at this step."""
    name = file_name(snapshot)
    if any(path.name != name for path in (folder / "snapshots").glob(f"epoch_*_step_{snapshot.step}.npz")):
        raise InputError(
            f"snapshot of epoch {snapshot.epoch:g}: step {snapshot.step} has a snapshot of another epoch already"
        )


def file_name(snapshot: Snapshot) -> str:
    return f"epoch_{epoch_label(snapshot.epoch)}_step_{snapshot.step}.npz"


def small(labels: np.ndarray) -> np.ndarray:
    return labels.astype(np.uint8 if labels.max() <= np.iinfo(np.uint8).max else np.uint16)


def read_snapshot(path: Path, description: Description) -> Snapshot:
    """One .npz of the run that is described. Raises InputError naming the file if it is not whole or another's."""
    try:
        arrays = read_arrays(path)
        if arrays["run"].tobytes() != description.fingerprint:
            raise ValueError("it belongs to another run, or run.json was changed")
        centre_labels = arrays.get("centre_labels")
        snapshot = Snapshot(
            epoch=float(arrays["epoch"]),
            step=None if description.is_old else int(arrays["step"]),
            splits={split: points_of(arrays, split, description.is_old) for split in description.splits},
            class_weights=arrays.get("class_weights", no_weights()),
            metrics={n.removeprefix(METRIC): float(v) for n, v in arrays.items() if n.startswith(METRIC)},
            bias=arrays.get("bias"),
            centre_labels=None if centre_labels is None else centre_labels.astype(np.int64),
            psi=arrays.get("psi"),
        )
        require_fits(snapshot, description)
    except Exception as error:  # readers of damaged files raise whatever comes
        raise InputError(
            f"{path} is damaged ({str(error).strip() or type(error).__name__}); train the run again"
        ) from None
    return snapshot


def points_of(arrays: dict[str, np.ndarray], split: str, old: bool) -> Points:
    prefix = FORMAT_2_HELD_OUT if old and split == HELD_OUT else split
    features, labels = arrays[f"{prefix}_features"], arrays[f"{prefix}_labels"]
    predictions = arrays.get(f"{prefix}_predictions")
    return Points(
        features if features.dtype == np.float32 else floats(features).astype(np.float32),
        labels.astype(np.int64),
        None if predictions is None else predictions.astype(np.int64),
    )


def floats(features: np.ndarray) -> np.ndarray:
    if features.dtype.kind != "f":
        raise ValueError(f"features are {features.dtype}, not floating-point numbers")
    return features


def require_fits(snapshot: Snapshot, description: Description) -> None:
    """ValueError unless the arrays have the shapes and ranges that `Snapshot` and the description promise."""
    require_arrays(snapshot)
    if not (np.isfinite(snapshot.epoch) and snapshot.epoch >= 0):
        raise ValueError(f"epoch {snapshot.epoch} is not 0 or more")
    if set(snapshot.splits) != set(description.splits):
        raise ValueError(f"its splits are {', '.join(snapshot.splits)}, not {', '.join(description.splits)}")
    for split, points in snapshot.splits.items():
        require_points(split, points, snapshot.dimension, description)
    weights, classes = snapshot.class_weights, len(description.class_names)
    count = len(weights)
    if count and (weights.ndim != 2 or weights.shape[1] != snapshot.dimension or not np.isfinite(weights).all()):
        raise ValueError(f"class weights must be finite, of shape (C, {snapshot.dimension}), not {weights.shape}")
    if snapshot.centre_labels is None:
        if count not in (0, classes):
            raise ValueError(f"{count} class weights for {classes} classes")
    elif snapshot.centre_labels.shape != (count,) or not in_range(snapshot.centre_labels, classes):
        raise ValueError("centre labels do not fit the class weights")
    if snapshot.bias is not None and (snapshot.bias.shape != (count,) or not np.isfinite(snapshot.bias).all()):
        raise ValueError("the bias does not fit the class weights")
    if snapshot.psi is not None and (snapshot.psi.ndim != 1 or len(snapshot.psi) < 2 or np.isnan(snapshot.psi).any()):
        raise ValueError("psi must be a row of at least two numbers")


def require_arrays(snapshot: Snapshot) -> None:
    named = {"class_weights": snapshot.class_weights, "bias": snapshot.bias, "centre_labels": snapshot.centre_labels}
    named["psi"] = snapshot.psi
    for split, points in snapshot.splits.items():
        named |= {f"{split}: {name}": array for name, array in vars(points).items()}
        if not isinstance(points.labels, np.ndarray) or points.labels.dtype.kind not in "iu":
            raise ValueError(f"{split}: labels must be a NumPy array of integers")
    for name, array in named.items():
        if array is not None:
            require_numbers(name, array)


def require_numbers(name: str, array: object) -> None:
    if not isinstance(array, np.ndarray):
        raise ValueError(f"{name} must be a NumPy array, not a {type(array).__name__}")
    if name.endswith(FLOATS) and array.dtype.kind != "f":
        raise ValueError(f"{name} must be floating-point numbers, not {array.dtype}")
    if name.endswith(SINGLE) and array.dtype.itemsize > 4 and abs(array).max(initial=0) > LARGEST:
        raise ValueError(f"{name} has numbers that are too large for 32 bits")


def require_points(split: str, points: Points, dimension: int, description: Description) -> None:
    count, names = len(points.labels), description.splits[split].points
    if not count or points.labels.shape != (count,) or points.features.shape != (count, dimension) or not dimension:
        raise ValueError(f"{split}: features of shape {points.features.shape} for labels of {points.labels.shape}")
    if not np.isfinite(points.features).all():
        raise ValueError(f"{split}: features are not finite")
    if not in_range(points.labels, description.classes_of(split)):
        raise ValueError(f"{split}: a label is not one of the {description.classes_of(split)} classes (class_names)")
    if points.predictions is not None and (
        points.predictions.shape != (count,) or not in_range(points.predictions, len(description.class_names))
    ):
        raise ValueError(f"{split}: predictions do not fit the labels or the classes")
    if names and len(names) != count:
        raise ValueError(f"{split}: {len(names):,} names for {count:,} points")


def in_range(labels: np.ndarray, classes: int) -> bool:
    return labels.dtype.kind in "iu" and labels.min() >= 0 and labels.max() < classes
