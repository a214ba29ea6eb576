"""Measures of a list of scores that need no threshold: ROC, AUC, EER, TAR at FAR."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import roc_auc_score, roc_curve

FALSE_ACCEPTS = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
FEWEST_ACCEPTED = 10


@dataclass(frozen=True)
class Roc:
    """far, tar: share of different and of same pairs accepted, float64 (K,), both rising from 0 to 1.

    auc: the area below the curve. impostors: how many different pairs there are. thresholds: pairs of this score or
    more are accepted, float64 (K,).
    """

    far: np.ndarray
    tar: np.ndarray
    auc: float
    impostors: int
    thresholds: np.ndarray

    @property
    def least_far(self) -> float:
        """The rate at which ten different pairs are accepted; what lies below is chance."""
        return FEWEST_ACCEPTED / self.impostors

    def tar_at(self, far: float) -> float | None:
        """The largest share of same pairs accepted while at most this share of different ones is.

        None below `least_far`.
        """
        place = self.place_of(far)
        return None if place is None else float(self.tar[place])

    def threshold_at(self, far: float) -> float | None:
        """From which score on pairs are accepted so that at most this share of different ones is; None as above."""
        place = self.place_of(far)
        return None if place is None else float(self.thresholds[place])

    def place_of(self, far: float) -> int | None:
        return None if far < self.least_far else int(np.searchsorted(self.far, far, side="right")) - 1

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
    far, tar, thresholds = roc_curve(same, scores, drop_intermediate=False)
    return Roc(far, tar, float(roc_auc_score(same, scores)), int((~same).sum()), thresholds)


def tar_line(curve: Roc) -> str:
    """What a person reads: TAR at each FAR that so many pairs can tell, and '-' below."""
    told = {far: curve.tar_at(far) for far in FALSE_ACCEPTS}
    parts = [f"{tar:.4f} at FAR {far:g}" for far, tar in told.items() if tar is not None]
    untold = [far for far, tar in told.items() if tar is None]
    if untold:
        parts.append(f"- at FAR {untold[0]:g} and below, fewer than {FEWEST_ACCEPTED} false accepts")
    return f"TAR, from {curve.impostors:,} pairs of different people: {', '.join(parts)}"
