"""Means with intervals, and differences that are paired by seed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.95
Values = Mapping[int, float]


@dataclass(frozen=True)
class Interval:
    """Mean and sample standard deviation of n values, and the 95 % interval of the mean; NaN where n is too small."""

    mean: float
    sd: float
    low: float
    high: float
    n: int


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
    """Of every pair of groups, over the seeds that both have; the p-values corrected for so many pairs."""
    names = list(groups)
    pairs = [(first, second) for number, first in enumerate(names) for second in names[number + 1 :]]
    found = [paired(groups[first], groups[second]) for first, second in pairs]
    corrected = holm([p_value(values) for values in found])
    return [
        Difference(*pair, interval(values), p) for pair, values, p in zip(pairs, found, corrected, strict=True)
    ]  # fmt: skip


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
    corrected, largest = list(values), 0.0
    order = sorted((number for number, value in enumerate(values) if not math.isnan(value)), key=values.__getitem__)
    for place, number in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - place) * values[number]))
        corrected[number] = largest
    return corrected
