"""Features that another program left in a file: .npz, .csv or .parquet."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from marginalia.core.errors import InputError
from marginalia.core.names import natural_key

KINDS = (".npz", ".csv", ".parquet")
EPOCH, LABEL, PREDICTION = "epoch", "label", "prediction"
COLUMNS = f"{LABEL}, x0, x1, … and if you like {EPOCH}, {PREDICTION}"


@dataclass(frozen=True)
class Moment:
    """features: float64 (N, D); labels: int64 (N,), places in the class names; predictions: the same, or None."""

    epoch: float
    features: np.ndarray
    labels: np.ndarray
    predictions: np.ndarray | None


@dataclass(frozen=True)
class FeaturesFile:
    class_names: tuple[str, ...]
    moments: tuple[Moment, ...]


def read_features(path: Path) -> FeaturesFile:
    """The moments of a file in the order of their epochs. Raises InputError naming the file and what is wrong with it.

    A table has the columns label, x0, x1, …, and may have epoch and prediction. An .npz has the arrays features (N, D)
    or (S, N, D) and labels (N,), and may have epochs (S,) and predictions (N,) or (S, N).
    """
    if path.suffix not in KINDS:
        raise InputError(f"--features {path} must end with {', '.join(KINDS)}")
    if not path.is_file():
        raise InputError(f"--features {path}: no such file")
    try:
        if path.suffix == ".npz":
            return from_arrays(path)
        return from_table(read_csv(path) if path.suffix == ".csv" else read_parquet(path))
    except InputError:
        raise
    except Exception as error:  # readers of damaged files raise whatever comes
        raise InputError(f"--features {path} cannot be read: {str(error)[:150]}; it needs {COLUMNS}") from None


def from_arrays(path: Path) -> FeaturesFile:
    with np.load(path, allow_pickle=False) as content:
        arrays = {name: content[name] for name in content.files}
    features, labels = arrays["features"], arrays["labels"]
    series = features[None] if features.ndim == 2 else features
    epochs = np.atleast_1d(arrays.get("epochs", np.arange(len(series))))
    if series.ndim != 3 or labels.shape != series.shape[1:2] or epochs.shape != series.shape[:1]:
        shapes = f"features {features.shape}, labels {labels.shape}, epochs {epochs.shape}"
        raise ValueError(f"its arrays have the shapes {shapes}")
    predictions = arrays.get("predictions")
    if predictions is not None:
        predictions = np.broadcast_to(predictions, series.shape[:2])
    order = np.argsort(epochs, kind="stable")
    predicted = None if predictions is None else predictions[order]
    return assembled(epochs[order], series[order], [labels] * len(series), predicted)


def read_csv(path: Path) -> dict[str, Sequence[str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        header, *rows = list(csv.reader(file))
    return dict(zip([name.strip() for name in header], zip(*rows, strict=True), strict=True))


def read_parquet(path: Path) -> dict[str, Any]:
    try:
        from pyarrow.parquet import read_table
    except ImportError:
        raise InputError(f"--features {path} needs pyarrow: pip install 'marginalia-viz[parquet]'") from None
    table = read_table(path)
    return {name: table.column(name).to_numpy() for name in table.column_names}


def from_table(table: dict[str, Any]) -> FeaturesFile:
    axes = [f"x{number}" for number in range(len(table)) if f"x{number}" in table]
    axes = axes or [name for name in ("x", "y") if name in table]
    if LABEL not in table or not axes:
        raise ValueError(f"its columns are {', '.join(table)[:80]}")
    features = np.stack([np.asarray(table[axis], dtype=np.float64) for axis in axes], axis=1)
    row, column = np.argwhere(~np.isfinite(features))[0] if not np.isfinite(features).all() else (-1, 0)
    if row >= 0:
        raise ValueError(f"{axes[column]} of row {row + 1} is {features[row, column]}")
    labels, predictions = np.asarray(table[LABEL]), table.get(PREDICTION)
    epochs = np.asarray(table.get(EPOCH, np.zeros(len(labels))), dtype=np.float64)
    moments = [np.flatnonzero(epochs == epoch) for epoch in np.unique(epochs)]
    predicted = None if predictions is None else [np.asarray(predictions)[rows] for rows in moments]
    return assembled(
        np.unique(epochs), [features[rows] for rows in moments], [labels[rows] for rows in moments], predicted
    )


def assembled(epochs: Any, features: Any, labels: Sequence[np.ndarray], predictions: Any) -> FeaturesFile:
    """Labels of any kind become places among the class names, which stand in the order of their numbers."""
    everything = [*labels, *([] if predictions is None else predictions)]
    names = sorted({str(name) for part in everything for name in np.unique(part)}, key=natural_key)
    place = {name: number for number, name in enumerate(names)}

    def numbered(part: np.ndarray) -> np.ndarray:
        return np.array([place[str(name)] for name in part.tolist()], dtype=np.int64)

    moments = [
        Moment(
            float(epoch), features[number], numbered(np.asarray(labels[number])),
            None if predictions is None else numbered(np.asarray(predictions[number])),
        )
        for number, epoch in enumerate(epochs)
    ]  # fmt: skip
    return FeaturesFile(tuple(names), tuple(moments))
