"""The margin between two classes of equal length, solved numerically from psi."""

from __future__ import annotations

import math

import numpy as np

from marginalia.core.margin import MarginSpec, psi

HALVINGS = 60


def half_width(separation: float, spec: MarginSpec) -> float:
    """The largest angle to the own class, radians, at which it wins in training against one `separation` away.

    Solves psi(t) = cos(separation - t) on [0, separation / 2]; NaN if not even the class direction itself satisfies it.
    """
    low, high = 0.0, separation / 2
    if surplus(low, separation, spec) < 0:
        return math.nan
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if surplus(middle, separation, spec) >= 0 else (low, middle)
    return low


def surplus(theta: float, separation: float, spec: MarginSpec) -> float:
    return float(psi(np.float64(theta), spec)) - math.cos(separation - theta)


def margin_width(separation: float, spec: MarginSpec) -> float:
    """Width of the band between the two classes' training regions, radians; NaN where there are no such regions."""
    return separation - 2 * half_width(separation, spec)
