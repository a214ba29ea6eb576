"""What training hands to drawing: the numbers of one moment, and a run as a series of them. NumPy only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from marginalia.core.margin import MarginSpec

SplitName = Literal["train", "test"]
SPLITS: tuple[SplitName, ...] = ("train", "test")


@dataclass(frozen=True)
class Points:
    """features: float32 (N, D); labels, predictions: int64 (N,). Predictions are made without margin."""

    features: np.ndarray
    labels: np.ndarray
    predictions: np.ndarray

    @property
    def accuracy(self) -> float:
        """Share of right predictions, 0 to 1."""
        return float(np.mean(self.predictions == self.labels))


@dataclass(frozen=True)
class Snapshot:
    """The feature space after `epoch` epochs (0 before training, 0.5 after half of the first).

    class_weights: float32 (C, D). metrics: see `metrics.measure`. The points are the same in every snapshot of a run.
    unseen: test images of classes that were held out of training, if there are any; their labels count those classes.
    before: for a moment made up between two snapshots, the measured one before it; never saved.
    """

    epoch: float
    train: Points
    test: Points
    class_weights: np.ndarray
    metrics: dict[str, float]
    unseen: Points | None = None
    before: Snapshot | None = None

    @property
    def measured(self) -> Snapshot:
        """The snapshot whose numbers may be shown."""
        return self.before or self

    def points(self, split: SplitName) -> Points:
        return self.train if split == "train" else self.test


@dataclass(frozen=True)
class Record:
    """What is remembered of a snapshot while training goes on: its epoch and its metrics."""

    epoch: float
    metrics: dict[str, float]


@dataclass(frozen=True)
class Run:
    """A run as drawing sees it: snapshots in the order of their epochs, at least one.

    unseen_names: the classes held out of training, whose points are `Snapshot.unseen`.
    head: the name of a further head, whose margin `spec` leaves out; "" for AngleLinear, of which it is all.
    regions: where a class wins: in "sectors" of the angle, in "cells" where its weight is nearest, or, where its weight
    does not say, "none".
    """

    name: str
    lossname: str
    spec: MarginSpec
    class_names: tuple[str, ...]
    snapshots: tuple[Snapshot, ...]
    head: str = ""
    regions: str = "sectors"
    unseen_names: tuple[str, ...] = ()


def epoch_label(epoch: float) -> str:
    """The epoch as files are named after it: 3 is "03", 0.05 is "00.05"."""
    whole, hundredths = divmod(round(epoch * 100), 100)
    return f"{whole:02d}.{hundredths:02d}" if hundredths else f"{whole:02d}"
