"""Neural collapse: how near features are to one point a class, and the class weights to these points.

Source: Papyan, Han and Donoho, Prevalence of Neural Collapse (2008.08186); the least distance from a hull is GNC2 of
Jiang et al., Generalized Neural Collapse for a Large Number of Classes (2310.05351).
"""

from __future__ import annotations

import numpy as np

from marginalia.record.metrics import unit
from marginalia.record.snapshot import Points


def neural_collapse(points: Points, class_weights: np.ndarray) -> dict[str, float]:
    """nc1, nc2_norms, nc2_angles, gnc2, nc3 and nc4 as docs/metrics.md defines them, of the classes that have points.

    class_weights: (C, D), a row a class.
    """
    present = np.unique(points.labels)
    features, labels = points.features.astype(np.float64), np.searchsorted(present, points.labels)
    counts = np.bincount(labels)
    means = np.stack([np.bincount(labels, axis) for axis in features.T], axis=1) / counts[:, None]
    centred = means - means.mean(axis=0)
    weights = unit(class_weights)[present]
    deviations = features - means[labels]
    within, between = deviations.T @ deviations / len(labels), centred.T @ centred / len(present)
    lengths = np.linalg.norm(centred, axis=1)
    angles = (unit(centred) @ unit(centred).T)[np.triu_indices(len(present), 1)]
    nearest = np.argmin(np.sum(means**2, axis=1) - 2 * features @ means.T, axis=1)
    agree = float("nan") if points.predictions is None else float(np.mean(present[nearest] == points.predictions))
    return {
        "nc1": float(np.trace(within @ np.linalg.pinv(between)) / len(present)),
        "nc2_norms": float(lengths.std() / lengths.mean()) if lengths.any() else float("nan"),
        "nc2_angles": float(angles.std()) if len(angles) else float("nan"),
        "gnc2": least_distance(weights),
        "nc3": float(np.mean(1 - np.sum(weights * unit(centred), axis=1))),
        "nc4": agree,
    }


def least_distance(vectors: np.ndarray) -> float:
    """Of the rows (K, D), the least distance of one from the convex hull of the others; NaN for fewer than two."""
    if len(vectors) < 2:
        return float("nan")
    return min(distance(vectors[row], np.delete(vectors, row, axis=0)) for row in range(len(vectors)))


def distance(point: np.ndarray, others: np.ndarray) -> float:
    """From a point (D,) to the convex hull of others (K, D), exactly.

    The non-negative l that minimises |P l|^2 + (sum l - 1)^2, with the others seen from the point as columns of P, is a
    multiple of the combination of least norm.
    """
    from scipy.optimize import nnls

    seen = (others - point).T
    shares, _ = nnls(np.vstack((seen, np.ones(len(others)))), np.append(np.zeros(len(point)), 1.0))
    return float(np.linalg.norm(seen @ shares / shares.sum()))
