"""Measured numbers in words; one that does not exist is a dash."""

from __future__ import annotations

from math import isfinite

NO_NUMBER = "\N{EN DASH}"


def in_degrees(angle: float) -> str:
    return f"{angle:.1f}°" if isfinite(angle) else NO_NUMBER


def in_epochs(epoch: float) -> str:
    """Two digits of a part of the first epoch: 0.016, 0.25; four of later ones: 12.5."""
    return f"{epoch:.2g}" if epoch < 1 else f"{epoch:.4g}"


def in_digits(length: float) -> str:
    """Two digits of a length, and the rest of them 0: 34, 4.1, 2,700."""
    return f"{float(f'{length:.2g}'):,.10g}"


def in_percent(share: float, digits: int = 2) -> str:
    return f"{100 * share:.{digits}f} %" if isfinite(share) else NO_NUMBER
