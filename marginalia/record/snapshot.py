"""The numbers of one moment of a training, and a run as a series of them. NumPy only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from marginalia.core.errors import InputError
from marginalia.core.margin import Margin, MarginSpec

SplitName = str
SPLITS: tuple[SplitName, ...] = ("train", "test")
HELD_OUT, VALIDATION = "held-out", "validation"
UNBENT = MarginSpec(w_norm=False, x_norm=False, s=1, m1=1, m2=0, m3=0)


@dataclass(frozen=True)
class Points:
    """features: float32 (N, D); labels: int64 (N,); predictions: int64 (N,), made without margin, or None."""

    features: np.ndarray
    labels: np.ndarray
    predictions: np.ndarray | None = None

    @property
    def wrong(self) -> np.ndarray:
        """Which predictions are wrong, bool (N,); none where nothing was predicted."""
        return np.zeros(len(self.labels), bool) if self.predictions is None else self.predictions != self.labels

    @property
    def accuracy(self) -> float:
        """Share of right predictions, 0 to 1; NaN where nothing was predicted."""
        return float("nan") if self.predictions is None else float(np.mean(self.predictions == self.labels))


def no_weights() -> np.ndarray:
    return np.empty((0, 0), np.float32)


@dataclass(frozen=True, repr=False)
class Snapshot:
    """The feature space after `epoch` epochs (0 before training, 0.5 after half of the first) and `step` steps.

    splits: points by the name of their split, at least one; the same images in every snapshot of a run. "held-out" are
    those of classes that were not trained; their labels count these classes. "validation" are training images that were
    set aside.
    class_weights: float32 (K, D), of which there are none, one a class, or several. centre_labels: int64 (K,), whose
    each is; None for one a class in their order. bias: float32 (K,), or None.
    psi: float64 (P,), what the loss made of the angle to the own class at this moment, over s |w| |x|: at P >= 2 angles
    evenly from 0 to pi; None if it is no function of the angle.
    metrics: numbers by name; see `metrics.measure` for those of our own training.
    step: None in records of format 2, which did not count steps.
    before, share: for a moment made up between two snapshots, the measured one before it, and how far it is on the way
    to the next one, from 0 to 1; never saved.
    """

    epoch: float
    step: int | None
    splits: Mapping[SplitName, Points]
    class_weights: np.ndarray = field(default_factory=no_weights)
    metrics: Mapping[str, float] = field(default_factory=dict)
    bias: np.ndarray | None = None
    centre_labels: np.ndarray | None = None
    psi: np.ndarray | None = None
    before: Snapshot | None = None
    share: float = 0.0

    @property
    def measured(self) -> Snapshot:
        """The snapshot whose numbers may be shown."""
        return self.before or self

    @property
    def held_out(self) -> Points | None:
        """The images of classes that were held out of training, if there are any."""
        return self.splits.get(HELD_OUT)

    @property
    def dimension(self) -> int:
        """D, of the features."""
        return next(iter(self.splits.values())).features.shape[1]

    def metric(self, name: str) -> float:
        """The number of this name; NaN if it was not recorded."""
        return self.metrics.get(name, float("nan"))

    def points(self, split: SplitName) -> Points:
        """The points of this split. Raises InputError naming those there are if it is none of them."""
        if split not in self.splits:
            raise InputError(f"no split {split!r}; there are: {', '.join(self.splits)}")
        return self.splits[split]

    def __repr__(self) -> str:
        counts = ", ".join(f"{name} {len(points.labels):,}" for name, points in self.splits.items())
        return f"<snapshot of epoch {self.epoch:g}, step {self.step}, {self.dimension} dimensions; points: {counts}>"


@dataclass(frozen=True)
class Record:
    """What is remembered of a snapshot while training goes on."""

    epoch: float
    step: int
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class Run:
    """A run as drawing sees it: snapshots in the order of their steps, at least one.

    held_out_names: the classes held out of training, whose points are `Snapshot.held_out`.
    spec: the margin of training, or, of a further head, what it does without its own.
    head: the name of a further head, whose margin `spec` leaves out; "" for AngleLinear, of which it is all; None if
    nothing is known of the head.
    regions: where a class wins: in "sectors" of the angle, in "cells" where its weight is nearest, in "polygons"
    where w . x + b is largest, or, where its weight does not say, "none".
    point_names: names of the points by split, where they have any. splits_of_other_classes: those whose labels count
    other classes than the run's.
    """

    name: str
    lossname: str
    spec: Margin
    class_names: tuple[str, ...]
    snapshots: tuple[Snapshot, ...]
    head: str | None = ""
    regions: str = "sectors"
    held_out_names: tuple[str, ...] = ()
    point_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    splits_of_other_classes: tuple[SplitName, ...] = ()

    @property
    def dimension(self) -> int:
        """D, of the features."""
        return self.snapshots[0].dimension


def epoch_label(epoch: float) -> str:
    """The epoch as files are named after it: 3 is "03", 0.05 is "00.05"."""
    whole, hundredths = divmod(round(epoch * 100), 100)
    return f"{whole:02d}.{hundredths:02d}" if hundredths else f"{whole:02d}"


def moment_labels(snapshots: tuple[Snapshot, ...]) -> list[str]:
    """Each snapshot's epoch as pictures are named after it, with the step where two would have one name."""
    labels = [epoch_label(snapshot.epoch) for snapshot in snapshots]
    return [
        label if labels.count(label) == 1 else f"{label}_step_{snapshot.step}"
        for label, snapshot in zip(labels, snapshots, strict=True)
    ]
