"""A number over the epochs: its mean over several runs, and the interval as a band."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes

from marginalia.record.snapshot import Run
from marginalia.sweeps.statistics import interval


def band(ax: Axes, runs: Iterable[Run], metric: str, color: str) -> None:
    """From the first epoch on: before training there is nothing to see."""
    runs = list(runs)
    epochs = [snapshot.epoch for snapshot in runs[0].snapshots[1:]]
    found = [interval([run.snapshots[number + 1].metric(metric) for run in runs]) for number in range(len(epochs))]
    means, lows, highs = (np.array([getattr(one, name) for one in found]) for name in ("mean", "low", "high"))
    if ax.get_yscale() == "log":
        lows = np.maximum(lows, 1e-12)
    ax.plot(epochs, means, color=color, lw=3)
    ax.fill_between(epochs, lows, highs, color=color, alpha=0.2, lw=0)
