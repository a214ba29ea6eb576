"""Measures of a list of scores that need no threshold: ROC, AUC, EER, TAR at FAR."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import roc_auc_score, roc_curve

FALSE_ACCEPTS = (1e-1, 1e-2, 1e-3)


@dataclass(frozen=True)
class Roc:
    """far, tar: share of different and of same pairs accepted, float64 (K,), both rising from 0 to 1. auc: area."""

    far: np.ndarray
    tar: np.ndarray
    auc: float

    def tar_at(self, far: float) -> float:
        """The largest share of same pairs accepted while at most this share of different ones is."""
        return float(self.tar[self.far <= far].max())

    @property
    def eer(self) -> float:
        """The rate at which as many different pairs are accepted as same ones refused, on the line between points."""
        excess = self.far - (1 - self.tar)
        after = int(np.argmax(excess >= 0))
        before = after - 1
        share = -excess[before] / (excess[after] - excess[before])
        return float(self.far[before] + share * (self.far[after] - self.far[before]))


def roc(scores: np.ndarray, same: np.ndarray) -> Roc:
    """The curve of scores (N,) and bool (N,), of which there must be both kinds."""
    far, tar, _ = roc_curve(same, scores, drop_intermediate=False)
    return Roc(far, tar, float(roc_auc_score(same, scores)))
