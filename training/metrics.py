"""The numbers that are written beside every snapshot. NumPy only."""

from __future__ import annotations

import numpy as np

from training.snapshot import Points


def measure(train: Points, test: Points, class_weights: np.ndarray, loss: float) -> dict[str, float]:
    """Everything in metrics.csv for one snapshot; angles in degrees, accuracies from 0 to 1.

    loss: mean training loss since the snapshot before (NaN before training).
    train_accuracy, test_accuracy: right predictions without margin, of the snapshot's points.
    train_angle, test_angle: mean angle of a feature to the weight of its own class.
    centre_gap: smallest angle between two class centres (means of the normalised training features).
    """
    return {
        "loss": loss,
        "train_accuracy": train.accuracy,
        "test_accuracy": test.accuracy,
        "train_angle": float(own_angles(train, class_weights).mean()),
        "test_angle": float(own_angles(test, class_weights).mean()),
        "centre_gap": smallest_angle(class_centres(train, len(class_weights))),
    }


def own_angles(points: Points, class_weights: np.ndarray) -> np.ndarray:
    """Angle between each feature and its class weight, degrees, (N,)."""
    own = unit(class_weights)[points.labels]
    cosine = np.sum(unit(points.features) * own, axis=1)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def class_centres(points: Points, classes: int) -> np.ndarray:
    """Mean direction of each class that has points, (at most C, D)."""
    directions = unit(points.features)
    present = [j for j in range(classes) if np.any(points.labels == j)]
    return np.array([directions[points.labels == j].mean(axis=0) for j in present])


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
