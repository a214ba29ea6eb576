"""The map of t-SNE as frames, in the style of viz."""

from __future__ import annotations

import numpy as np

from marginalia.core.names import file_name
from marginalia.faces.tsne import Walk
from marginalia.viz.dots import Dots
from marginalia.viz.labels import shown, shown_names
from marginalia.viz.sheet import LINES, WIDTH, Sheet
from marginalia.viz.style import Style, class_colors

ROOM = 1.08
LONGEST_NAME = 26
SMALLEST_SPREAD = 1e-9


class TsneSheet(Sheet):
    """Points of N images in the colours of their people, one moment of the walk a frame; names stand on the right.

    Early maps are a thousand times smaller than late ones, so each frame is drawn at its own scale; t-SNE's axes mean
    nothing anyway.
    """

    def __init__(self, walk: Walk, labels: np.ndarray, people: tuple[str, ...], title: str, note: str, style: Style):
        super().__init__(WIDTH, style)
        self.walk = walk
        colors = class_colors(len(people), style.palette)
        ax = self.axes(20, 20, LINES - 40, LINES - 40)
        ax.set(xlim=(-ROOM, ROOM), ylim=(-ROOM, ROOM), aspect="equal")
        ax.axis("off")
        self.dots = Dots(ax, labels, colors, 7 * min(1.0, (400 / len(labels)) ** 0.25))
        self.badges = [ax.text(0, 0, str(n + 1), fontsize=15, fontweight="bold", ha="center", va="center",
                               color=style.colors.ink, zorder=4, bbox={"boxstyle": "circle,pad=0.25", "lw": 2,
                               "facecolor": style.colors.background, "edgecolor": color}, clip_on=False)
                       for n, color in enumerate(colors)]  # fmt: skip
        self.labels = labels
        self.text(752, 650, shown(title, 24), 28, fontweight="bold")
        self.text(752, 606, note, 17, muted=True)
        self.moment = self.text(752, 574, "", 17, muted=True)
        step = min(46.0, 500 / len(people))
        names = shown_names([file_name(name).replace("_", " ") for name in people], LONGEST_NAME)
        for number, (name, color) in enumerate(zip(names, colors, strict=True)):
            height = 524 - number * step
            self.text(752, height, f"{number + 1}", 19, fontweight="bold").set_color(color)
            self.text(800, height, name, 19)

    @property
    def count(self) -> int:
        return len(self.walk.iterations)

    def show(self, number: int) -> None:
        at = centred(self.walk.positions[number])
        self.dots.show(at)
        for label, badge in enumerate(self.badges):
            x, y = most_central(at[self.labels == label])
            badge.set_position((float(x), float(y)))
        self.moment.set_text(f"iteration {self.walk.iterations[number]} of {self.walk.iterations[-1]}")


def most_central(points: np.ndarray) -> np.ndarray:
    """Of points (N, 2), the one from which all others are nearest."""
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    return points[distances.sum(axis=1).argmin()]


def centred(positions: np.ndarray) -> np.ndarray:
    """(N, 2) with its middle at 0 and its farthest coordinate at 1."""
    middle = (positions.max(axis=0) + positions.min(axis=0)) / 2
    return (positions - middle) / max(float(np.abs(positions - middle).max()), SMALLEST_SPREAD)
