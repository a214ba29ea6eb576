"""Ten thousand points in the colours of their classes, none of which hides the others."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

PAINT_SEED = 0


class Dots:
    """Artists made once; `show(positions)` moves them.

    A line a class is fast, but one class would hide the other: each class is cut into random layers, and the layers of
    all classes are painted in turn.
    """

    def __init__(self, ax: Axes, labels: np.ndarray, colors: list[str], size: float, layers: int):
        self.parts = painting_order(labels, len(colors), layers)
        self.lines = [
            ax.plot([], [], "o", color=colors[label], markersize=size, markeredgewidth=0, zorder=2, rasterized=True)[0]
            for label, _ in self.parts
        ]

    def show(self, positions: np.ndarray) -> None:
        """positions: (N, 2), in the order of the labels."""
        for line, (_, members) in zip(self.lines, self.parts, strict=True):
            line.set_data(*positions[members].T)


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
