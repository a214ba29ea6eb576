"""Where the features of each class point: lobes that stand on a circle, as high as the directions are dense."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba

from marginalia.record.snapshot import Points
from marginalia.viz.regions import TURN, on_circle
from marginalia.viz.sectors import polygons
from marginalia.viz.style import Style

BINS = 1800
ANGLES = (np.arange(BINS) + 0.5) * TURN / BINS
BANDWIDTH = 0.4
LEAST, LARGEST = 0.01, 1.0
TICKS = (0.1, 1.0)
OPACITY = 0.85
LEAST_GAP = np.radians(24)
HALF_LABEL = BINS // 60
ASIDE = (-np.radians(5), np.radians(5))
TICK_POINTS = 12


class Lobes:
    """Artists made once; `show(points)` moves them. Of a space in the plane.

    A lobe begins at `radius`, where a degree holds 1 % of its class, and ends `height` farther out at 100 %, in steps
    of equal factors. The scale is the same in all pictures, so that lobes compare between frames and between losses.
    labelled: circles at 10 % and 100 % say so.
    """

    def __init__(
        self, ax: Axes, colors: list[str], style: Style, radius: float, height: float, scale: float, labelled: bool
    ):
        self.radius, self.height = radius, height
        self.colors = [to_rgba(color, OPACITY) for color in colors]
        self.areas = polygons(ax, zorder=4.1)
        self.ticks = []
        circle = on_circle(np.linspace(0, TURN, 181))
        line: dict[str, Any] = {"color": style.colors.muted, "lw": 0.6 * scale, "alpha": 0.35, "zorder": 0.8}
        text: dict[str, Any] = {"color": style.colors.muted, "fontsize": TICK_POINTS * scale**0.5, "zorder": 4.2}
        for share in TICKS if labelled else ():
            ax.plot(*(self.reach(np.array(share)) * circle), **line)
            self.ticks.append(ax.text(0, 0, f"{100 * share:g} %", ha="center", va="center_baseline", **text))

    def show(self, points: Points, badges: np.ndarray) -> float:
        """The direction in which the numbers of the circles stand, radians: between two of the badges."""
        density = densities(points, len(self.colors))
        pieces = [(label, piece) for label, row in enumerate(density) for piece in self.outlines(row)]
        self.areas.set_verts([piece for _, piece in pieces])
        self.areas.set_facecolor([self.colors[label] for label, _ in pieces])
        where = free_direction(density, badges)
        for text, share, aside in zip(self.ticks, TICKS, ASIDE, strict=False):
            x, y = self.reach(np.array(share)) * on_circle(np.array(where + aside))
            text.set_position((float(x), float(y)))
        return where

    def reach(self, density: np.ndarray) -> np.ndarray:
        """Radius of a lobe's outline at this density."""
        return self.radius + self.height * log_share(density)

    def outlines(self, density: np.ndarray) -> list[np.ndarray]:
        """The pieces of one class's lobe (BINS,), each (K, 2)."""
        rim = self.reach(density)
        stands = rim > self.radius
        if stands.all():
            bins = np.arange(BINS + 1)
            return [ring(bins, rim, self.radius)]
        first = int(np.argmin(stands))
        order = (first + np.arange(BINS)) % BINS
        edges = np.flatnonzero(np.diff(stands[order], append=False)) + 1
        return [ring(first + np.arange(start - 1, end + 1), rim, self.radius) for start, end in edges.reshape(-1, 2)]


def ring(bins: np.ndarray, rim: np.ndarray, inner: float) -> np.ndarray:
    """The polygon between the outline in these bins and the circle of radius `inner`."""
    directions = on_circle(ANGLES[bins % BINS]).T
    return np.concatenate((rim[bins % BINS, None] * directions, inner * directions[::-1]))


def free_direction(density: np.ndarray, badges: np.ndarray) -> float:
    """The middle between two neighbours among the badges where the lobes are lowest, radians."""
    ordered = np.sort(badges % TURN)
    gaps = np.diff(ordered, append=ordered[0] + TURN)
    middles = (ordered + gaps / 2)[gaps >= min(LEAST_GAP, gaps.max())] % TURN
    near = (np.arange(BINS) - BINS // 2)[np.abs(np.arange(BINS) - BINS // 2) <= HALF_LABEL]
    crowded = density.max(axis=0)[((middles * BINS / TURN).astype(int)[:, None] + near) % BINS].max(axis=1)
    return float(middles[crowded.argmin()])


def log_share(density: np.ndarray) -> np.ndarray:
    """0 where a degree holds 1 % of its class or less, 1 where it holds all of it, evenly in the logarithm."""
    return np.clip(np.log(np.maximum(density, LEAST) / LEAST) / np.log(LARGEST / LEAST), 0, 1)


def densities(points: Points, classes: int) -> np.ndarray:
    """The share of each class per degree of direction, (C, BINS), smoothed by a Gaussian of 0.4 degrees.

    With this bandwidth a class in a single direction has 1, all of it in one degree. A feature of
    length 0 points nowhere.
    """
    pointing = points.features.any(axis=1)
    features, labels = points.features[pointing], points.labels[pointing]
    bins = np.minimum((np.arctan2(features[:, 1], features[:, 0]) % TURN * (BINS / TURN)).astype(np.int64), BINS - 1)
    counts = np.bincount(labels * BINS + bins, minlength=classes * BINS).reshape(classes, BINS)
    size = np.bincount(points.labels, minlength=classes)[:, None]
    distance = ((np.arange(BINS) + BINS / 2) % BINS - BINS / 2) * 360 / BINS
    kernel = np.exp(-0.5 * (distance / BANDWIDTH) ** 2) / (BANDWIDTH * np.sqrt(TURN))
    smooth = np.fft.irfft(np.fft.rfft(counts, axis=1) * np.fft.rfft(kernel), BINS, axis=1)
    return np.clip(smooth, 0, None) / np.maximum(size, 1)
