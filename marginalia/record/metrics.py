"""The numbers that are written beside every snapshot. NumPy only. Every one is defined in docs/metrics.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from marginalia.record.description import DrawnHead
from marginalia.record.snapshot import HELD_OUT, Points, Snapshot

FAR = 95
DEGREES = np.arange(181)
OF_A_SPLIT = ("accuracy", "margin_accuracy", "angle", f"angle_{FAR}", "overlap", "scatter_ratio")


@dataclass(frozen=True)
class SplitEvaluation:
    """A split as it was seen after some epochs. kept: bool (N,), which points satisfy the margin of training."""

    points: Points
    kept: np.ndarray


def measure(
    splits: Mapping[str, SplitEvaluation], class_weights: np.ndarray, loss: float, floor: float = float("nan")
) -> dict[str, float]:
    """Everything in metrics.csv for one snapshot, as docs/metrics.md defines it; angles in degrees, shares from 0 to 1.

    splits: by name, among them "train". loss: mean training loss since the snapshot before (NaN before training).
    floor: the least that it can be, or NaN. A number that does not exist, such as the spread of a class without points,
    is NaN.
    """
    classes = len(class_weights)
    metrics = {"loss": loss, "loss_floor": floor}
    for split, seen in splits.items():
        angles = target_angles(seen.points, class_weights)
        shares = (seen.points.accuracy, float(seen.kept.mean()))
        spread = (float(angles.mean()), float(np.percentile(angles, FAR)), overlap(seen.points, class_weights))
        values = (*shares, *spread, scatter_ratio(seen.points, classes))
        metrics |= {f"{split}_{name}": value for name, value in zip(OF_A_SPLIT, values, strict=True)}
    train = splits["train"].points
    metrics["centre_gap"] = smallest_angle(class_centres(train, classes))
    metrics["weight_gap"] = smallest_angle(class_weights)
    lengths = np.linalg.norm(train.features.astype(np.float64), axis=1)
    for label in range(classes):
        mine = lengths[train.labels == label]
        metrics[f"norm_mean_{label}"] = float(mine.mean()) if len(mine) else float("nan")
        metrics[f"norm_spread_{label}"] = float(mine.std()) if len(mine) else float("nan")
    return metrics


def completed(snapshot: Snapshot, head: DrawnHead | None) -> Snapshot:
    """The snapshot with predictions where its weights give them, and with accuracy and mean angle of each split.

    Numbers and predictions that it has already stay.
    """
    weights, metrics = snapshot.class_weights, {}
    splits = {}
    for split, points in snapshot.splits.items():
        predictions = points.predictions
        if predictions is None and head is not None and head.regions != "none" and len(weights):
            winners = logits(points.features, weights, snapshot.bias, head).argmax(axis=1)
            predictions = winners if snapshot.centre_labels is None else snapshot.centre_labels[winners]
        splits[split] = replace(points, predictions=predictions)
        if split == HELD_OUT:
            continue
        if predictions is not None:
            metrics[f"{split}_accuracy"] = splits[split].accuracy
        if len(weights) and snapshot.centre_labels is None:
            metrics[f"{split}_angle"] = float(target_angles(points, weights).mean())
    return replace(snapshot, splits=splits, metrics=metrics | dict(snapshot.metrics))


def logits(features: np.ndarray, weights: np.ndarray, bias: np.ndarray | None, head: DrawnHead) -> np.ndarray:
    """What decides, (N, D) and (K, D) -> float32 (N, K): w . x + b, or w . x - |w|^2 / 2 where the nearest wins."""
    weights = unit(weights).astype(np.float32) if head.spec.w_norm else weights
    offset = -np.sum(weights**2, axis=1) / 2 if head.regions == "cells" else bias
    return features @ weights.T + (0 if offset is None else offset)


def target_angles(points: Points, class_weights: np.ndarray) -> np.ndarray:
    """Angle between each feature and its class weight, degrees, (N,)."""
    target_weights = unit(class_weights)[points.labels]
    cosine = np.sum(unit(points.features) * target_weights, axis=1)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def overlap(points: Points, class_weights: np.ndarray) -> float:
    """The area that the densities of two angles share, of features with their own weight and with all others, 0 to 1.

    The densities are histograms in steps of one degree.
    """
    cosines = unit(points.features) @ unit(class_weights).T
    degrees = np.degrees(np.arccos(np.clip(cosines, -1, 1)))
    own = np.arange(len(class_weights)) == points.labels[:, None]
    densities = [np.histogram(degrees[mask], DEGREES)[0] / max(mask.sum(), 1) for mask in (own, ~own)]
    return float(np.minimum(*densities).sum())


def class_centres(points: Points, classes: int) -> np.ndarray:
    """Mean direction of each class that has points, (at most C, D)."""
    directions = unit(points.features)
    present = [j for j in range(classes) if np.any(points.labels == j)]
    return np.array([directions[points.labels == j].mean(axis=0) for j in present])


def scatter_ratio(points: Points, classes: int) -> float:
    """Scatter of the directions x / |x| between classes over that within them; NaN if there is none within."""
    directions = unit(points.features)
    counts = np.bincount(points.labels, minlength=classes)
    sums = np.stack([np.bincount(points.labels, axis, minlength=classes) for axis in directions.T], axis=1)
    means = sums / np.maximum(counts, 1)[:, None]
    between = np.sum(counts * np.sum((means - directions.mean(axis=0)) ** 2, axis=1))
    within = np.sum((directions - means[points.labels]) ** 2)
    return float(between / within) if within > 0 else float("nan")


def smallest_angle(vectors: np.ndarray) -> float:
    """Smallest angle between two of the vectors (K, D), degrees; NaN for fewer than two."""
    if len(vectors) < 2:
        return float("nan")
    cosines = unit(vectors) @ unit(vectors).T
    largest = cosines[~np.eye(len(vectors), dtype=bool)].max()
    return float(np.degrees(np.arccos(np.clip(largest, -1, 1))))


def unit(vectors: np.ndarray) -> np.ndarray:
    """Rows over their length, in float64; a zero row stays zero."""
    vectors = np.asarray(vectors, dtype=np.float64)
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(lengths == 0, 1, lengths)
