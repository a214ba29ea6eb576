"""Ten thousand points in the colours of their classes, none of which hides the others."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from marginalia.viz.geometry import depth, flatten

PAINT_SEED = 0
BEHIND = 0.3


class Dots:
    """Artists made once; `show(positions)` moves them.

    A line a class is fast, but one class would hide the other: each class is cut into random layers, and the layers of
    all classes are painted in turn.
    """

    def __init__(self, ax: Axes, labels: np.ndarray, colors: list[str], size: float, layers: int, behind: bool = False):
        self.parts = painting_order(labels, len(colors), layers)
        common: dict[str, Any] = {"alpha": BEHIND if behind else 1, "zorder": 1.5 if behind else 2, "rasterized": True}
        self.lines = [
            ax.plot([], [], "o", color=colors[label], markersize=size, markeredgewidth=0, **common)[0]
            for label, _ in self.parts
        ]

    def show(self, positions: np.ndarray, seen: np.ndarray | None = None) -> None:
        """positions: (N, 2), in the order of the labels; seen: bool (N,), which of them are drawn."""
        if seen is not None:
            positions = np.where(seen[:, None], positions, np.nan)
        for line, (_, members) in zip(self.lines, self.parts, strict=True):
            line.set_data(*positions[members].T)


class Cloud:
    """Dots of a 2-D or 3-D space; in three dimensions those behind the middle are paler and painted first."""

    def __init__(self, ax: Axes, labels: np.ndarray, colors: list[str], size: float, layers: int, flat: bool):
        self.front = Dots(ax, labels, colors, size, layers)
        self.back = None if flat else Dots(ax, labels, colors, size, layers, behind=True)

    def show(self, vectors: np.ndarray, frame: float) -> None:
        """vectors: (N, D), in the order of the labels, as they are seen in that frame."""
        positions = flatten(vectors, frame)
        if self.back is None:
            self.front.show(positions)
            return
        near = depth(vectors, frame) >= 0
        self.front.show(positions, near)
        self.back.show(positions, ~near)


def painting_order(labels: np.ndarray, classes: int, layers: int) -> list[tuple[int, np.ndarray]]:
    """(class, indices of points) in the order in which they are painted; every point once, always the same order."""
    random = np.random.default_rng(PAINT_SEED)
    layer = random.permutation(len(labels)) % layers
    parts = [
        (int(label), np.flatnonzero((layer == number) & (labels == label)))
        for number in range(layers)
        for label in random.permutation(classes)
    ]
    return [(label, members) for label, members in parts if len(members)]
