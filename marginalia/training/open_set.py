"""Verification with classes that training never saw: do two images show the same class? NumPy and scikit-learn."""

from __future__ import annotations

import numpy as np

from marginalia.record.metrics import unit
from marginalia.record.snapshot import Points

PAIRS = 100_000
SEED = 0


def verification(held_out: Points, trained: Points) -> dict[str, float]:
    """AUC and equal error rate of the cosine between two features, as docs/metrics.md defines them.

    held_out_auc, held_out_eer: pairs of images of held-out classes. open_auc, open_eer: pairs of one held-out class
    against pairs of a held-out and a trained class. Of each kind at most 100,000 random pairs, the same in every
    snapshot of a run. NaN where there is no such pair, as between two held-out classes when there is but one.
    """
    random = np.random.default_rng(SEED)
    first, second = (random.integers(len(held_out.labels), size=4 * PAIRS) for _ in range(2))
    different_images = first != second
    first, second = first[different_images], second[different_images]
    equal = held_out.labels[first] == held_out.labels[second]
    inside = cosines(held_out, first, held_out, second)
    genuine, impostor = inside[equal][:PAIRS], inside[~equal][:PAIRS]
    mixed = cosines(held_out, random.integers(len(held_out.labels), size=PAIRS),
                    trained, random.integers(len(trained.labels), size=PAIRS))  # fmt: skip
    held_out_auc, held_out_eer = separation(genuine, impostor)
    open_auc, open_eer = separation(genuine, mixed)
    return {"held_out_auc": held_out_auc, "held_out_eer": held_out_eer, "open_auc": open_auc, "open_eer": open_eer}


def cosines(a: Points, rows: np.ndarray, b: Points, columns: np.ndarray) -> np.ndarray:
    """Cosine of a's features at `rows` with b's at `columns`, (K,) and (K,) -> (K,)."""
    return np.sum(unit(a.features)[rows] * unit(b.features)[columns], axis=1)


def separation(genuine: np.ndarray, impostor: np.ndarray) -> tuple[float, float]:
    """Area under the ROC curve and equal error rate; NaN where there are none of either kind."""
    from marginalia.training.roc import roc

    if not len(genuine) or not len(impostor):
        return float("nan"), float("nan")
    same = np.repeat((True, False), (len(genuine), len(impostor)))
    curve = roc(np.concatenate((genuine, impostor)), same)
    return curve.auc, curve.eer
