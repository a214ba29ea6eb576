"""Verification as LFW's protocol has it: the threshold for a fold is chosen on the others. NumPy only.

Source: Huang et al., Labeled Faces in the Wild, UMass TR 07-49, section on reporting results.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

FINE = 10_000
TINY = 1e-12
PAIRS_AT_ONCE = 100_000

Similarity = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class ThresholdRule:
    """choose: scores (N,), same (N,) -> threshold; correct: scores, same, threshold -> bool (N,)."""

    choose: Callable[[np.ndarray, np.ndarray], float]
    correct: Callable[[np.ndarray, np.ndarray, float], np.ndarray]


@dataclass(frozen=True)
class Verification:
    """folds: their numbers; accuracies, thresholds: one a fold, float64 (F,); chosen_on: pairs behind each threshold.

    scores: float64 (N,), each pair's score in the fold where it was tested, NaN where it was not.
    """

    folds: np.ndarray
    accuracies: np.ndarray
    thresholds: np.ndarray
    chosen_on: np.ndarray
    scores: np.ndarray

    @property
    def mean(self) -> float:
        return float(self.accuracies.mean())

    @property
    def deviation(self) -> float:
        """Standard deviation over the folds, with n - 1."""
        return float(self.accuracies.std(ddof=1)) if len(self.accuracies) > 1 else float("nan")

    @property
    def error(self) -> float:
        """Standard error of the mean."""
        return self.deviation / len(self.accuracies) ** 0.5


def verify(
    left: np.ndarray,
    right: np.ndarray,
    same: np.ndarray,
    folds: np.ndarray,
    rule: ThresholdRule,
    similarity: Similarity,
    subtract_mean: bool = False,
    tested: np.ndarray | None = None,
    learnt_from: np.ndarray | None = None,
) -> Verification:
    """Accuracy of each fold with the threshold, and with `subtract_mean` the mean feature, of all others.

    left, right: features (N, D); same: bool (N,); folds: int (N,). tested: the folds to test, all by default.
    learnt_from: bool (N,), the pairs that thresholds and means may be learnt from where they are not tested, by default
    all. The mean is that of both sides, so that an image counts as often as it occurs.
    """
    numbers = np.unique(folds) if tested is None else np.asarray(tested)
    usable = np.ones(len(same), dtype=bool) if learnt_from is None else learnt_from
    accuracies, thresholds, chosen_on = [], [], []
    all_scores = np.full(len(same), np.nan)
    for number in numbers:
        test = folds == number
        others = ~test & usable
        mean = (left[others].mean(axis=0) + right[others].mean(axis=0)) / 2 if subtract_mean else 0.0
        scores = similarity(left - mean, right - mean)
        threshold = rule.choose(scores[others], same[others])
        accuracies.append(rule.correct(scores[test], same[test], threshold).mean())
        thresholds.append(threshold)
        chosen_on.append(others.sum())
        all_scores[test] = scores[test]
    return Verification(numbers, np.array(accuracies), np.array(thresholds), np.array(chosen_on), all_scores)


def cosine(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """cos of the angle between rows (N, D), 0 where one is zero."""
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    return (left * right).sum(axis=1) / np.where(lengths == 0, 1, lengths)


def scores_of_pairs(similarity: Similarity, features: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Of the features (K, D) numbered by left and right, int (N,): float (N,). In parts, since N may be millions."""
    starts = range(0, max(1, len(left)), PAIRS_AT_ONCE)
    parts = (slice(start, start + PAIRS_AT_ONCE) for start in starts)
    return np.concatenate([similarity(features[left[part]], features[right[part]]) for part in parts])


def nearness(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Minus the distance between rows (N, D)."""
    return -np.linalg.norm(left - right, axis=1)


def best_midpoint(scores: np.ndarray, same: np.ndarray) -> float:
    """The threshold of the highest accuracy, among the midpoints of neighbouring scores and one beyond either end.

    Of several that are equally good, the middle one, or the lower of the two middle ones.
    """
    values, place = np.unique(scores, return_inverse=True)
    same_at = np.bincount(place, weights=same, minlength=len(values))
    different_at = np.bincount(place, weights=~same, minlength=len(values))
    same_above = same_at.sum() - np.concatenate(([0], np.cumsum(same_at)))
    different_below = np.concatenate(([0], np.cumsum(different_at)))
    middles = (values[1:] + values[:-1]) / 2
    candidates = np.concatenate(([values[0] - 1], middles, [values[-1] + 1]))
    right_ones = same_above + different_below
    best = candidates[right_ones == right_ones.max()]
    return float(best[(len(best) - 1) // 2])


def above_is_same(scores: np.ndarray, same: np.ndarray, threshold: float) -> np.ndarray:
    return (scores > threshold) == same


def best_of_sphereface(scores: np.ndarray, same: np.ndarray) -> float:
    """The mean of all best ones of 20,001 thresholds from -1 to 1, as SphereFace's evaluation.m takes it."""
    thresholds = np.arange(-FINE, FINE + 1) / FINE
    genuine, impostor = np.sort(scores[same]), np.sort(scores[~same])
    above = len(genuine) - np.searchsorted(genuine, thresholds, side="right")
    below = np.searchsorted(impostor, thresholds, side="left")
    right_ones = above + below
    return float(thresholds[right_ones == right_ones.max()].mean())


def ties_are_errors(scores: np.ndarray, same: np.ndarray, threshold: float) -> np.ndarray:
    return np.where(same, scores > threshold, scores < threshold)


def minus_squared_distance(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Of rows (N, D) divided by their lengths, as insightface scores pairs; 0 to -4."""
    units = [rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), TINY) for rows in (left, right)]
    return -np.square(units[0] - units[1]).sum(axis=1)


def best_of_insightface(scores: np.ndarray, same: np.ndarray) -> float:
    """The first best one of 400 thresholds, squared distances 0, 0.01, …, 3.99, as its verification.py does."""
    distances = np.arange(0, 4, 0.01)
    genuine, impostor = np.sort(-scores[same]), np.sort(-scores[~same])
    right_ones = (
        np.searchsorted(genuine, distances, "left") + len(impostor) - np.searchsorted(impostor, distances, "left")
    )
    return float(-distances[right_ones.argmax()])


LFW = ThresholdRule(best_midpoint, above_is_same)
SPHEREFACE = ThresholdRule(best_of_sphereface, ties_are_errors)
INSIGHTFACE = ThresholdRule(best_of_insightface, above_is_same)
