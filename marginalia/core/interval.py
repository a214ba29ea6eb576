"""A mean with its interval, as statistics compute it and pictures show it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """Mean and sample standard deviation of n values, and the 95 % interval of the mean; NaN where n is too small."""

    mean: float
    sd: float
    low: float
    high: float
    n: int
