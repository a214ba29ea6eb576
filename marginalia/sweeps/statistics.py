"""Means with intervals, and differences that are paired by seed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from marginalia.core.interval import Interval

CONFIDENCE = 0.95
Values = Mapping[int, float]


@dataclass(frozen=True)
class Difference:
    """Of `first` minus `second`, by seed: the interval of the mean, and the p-value of a paired t-test after Holm."""

    first: str
    second: str
    interval: Interval
    p: float

    @property
    def is_seen(self) -> bool:
        """Whether the interval leaves zero out and the p-value is below 0.05, after Holm's correction."""
        return not self.interval.low <= 0 <= self.interval.high and self.p < 1 - CONFIDENCE


def interval(values: Sequence[float] | np.ndarray) -> Interval:
    """By Student's t, for values that are about normal; those that are NaN are left out."""
    from scipy import stats

    known = np.asarray(values, np.float64)
    known = known[np.isfinite(known)]
    if len(known) < 2:
        return Interval(float(known[0]) if len(known) else math.nan, math.nan, math.nan, math.nan, len(known))
    mean, sd = float(known.mean()), float(known.std(ddof=1))
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(known) - 1)) * sd / math.sqrt(len(known))
    return Interval(mean, sd, mean - reach, mean + reach, len(known))


def differences(groups: Mapping[str, Values]) -> list[Difference]:
    """Of every pair of groups, see `corrected`."""
    return corrected(list(combinations(groups.items(), 2)))


def corrected(pairs: Sequence[tuple[tuple[str, Values], tuple[str, Values]]]) -> list[Difference]:
    """First - second of each pair of named groups, over the seeds that both have; p corrected for so many pairs."""
    found = [paired(first, second) for (_, first), (_, second) in pairs]
    p_values = holm([p_value(values) for values in found])
    return [
        Difference(first, second, interval(values), p)
        for ((first, _), (second, _)), values, p in zip(pairs, found, p_values, strict=True)
    ]


def paired(first: Values, second: Values) -> np.ndarray:
    """first - second of the seeds that both have."""
    return np.array([first[seed] - second[seed] for seed in first if seed in second])


def p_value(values: np.ndarray) -> float:
    """Of Student's test that the mean is zero; NaN for fewer than three values."""
    from scipy import stats

    known = values[np.isfinite(values)]
    if len(known) < 3:
        return math.nan
    if not known.std():
        return 0.0 if known[0] else 1.0
    return float(stats.ttest_1samp(known, 0.0).pvalue)


def holm(values: Sequence[float]) -> list[float]:
    """p-values corrected for their number; NaN stays and does not count.

    Source: Holm, A Simple Sequentially Rejective Multiple Test Procedure, 1979.
    """
    found, largest = list(values), 0.0
    order = sorted((number for number, value in enumerate(values) if not math.isnan(value)), key=values.__getitem__)
    for place, number in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - place) * values[number]))
        found[number] = largest
    return found
