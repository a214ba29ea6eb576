"""A 3-D space in a flat picture: points behind are paler, and a globe of thin lines shows directions."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from marginalia.viz.geometry import depth, flatten
from marginalia.viz.style import Style

PARALLELS = np.radians((-60, -30, 0, 30, 60))
MERIDIANS = np.radians(np.arange(0, 360, 30))
STEPS = 73


class Globe:
    """Circles of latitude and longitude on the unit sphere, of which only the near half is seen."""

    def __init__(self, ax: Axes, style: Style):
        self.circles = graticule()
        line: dict[str, Any] = {"color": style.colors.muted, "lw": 0.7, "alpha": 0.45, "zorder": 1}
        self.lines = [ax.plot([], [], **line)[0] for _ in self.circles]
        (self.outline,) = ax.plot([], [], color=style.colors.muted, lw=1.0, zorder=1)

    def show(self, radius: float, frame: float) -> None:
        """radius: of the sphere, in units of the axes."""
        angle = np.linspace(0, 2 * np.pi, 181)
        self.outline.set_data(radius * np.cos(angle), radius * np.sin(angle))
        for line, circle in zip(self.lines, self.circles, strict=True):
            seen = np.where(depth(circle, frame)[:, None] >= 0, flatten(circle, frame), np.nan)
            line.set_data(*(radius * seen.T))


def graticule() -> list[np.ndarray]:
    """The circles as points on the unit sphere, (STEPS, 3) each."""
    around = np.linspace(0, 2 * np.pi, STEPS)
    circles = []
    for latitude in PARALLELS:
        height = np.full(STEPS, np.sin(latitude))
        circles.append(np.stack((np.cos(latitude) * np.cos(around), np.cos(latitude) * np.sin(around), height), axis=1))
    upright = np.linspace(-np.pi / 2, np.pi / 2, STEPS)
    for longitude in MERIDIANS:
        flat = np.cos(upright)
        circles.append(np.stack((flat * np.cos(longitude), flat * np.sin(longitude), np.sin(upright)), axis=1))
    return circles
