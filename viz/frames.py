"""The square frame: the scatter under a caption."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from losses.margin import MarginSpec
from training.snapshot import Run, SplitName
from viz.scatter import Scatter
from viz.style import INCHES, Style, shown

CAPTION_SHARE = 0.125
LEFT, RIGHT = 0.03, 0.97
LONGEST_TITLE = 30


class Page:
    """One figure for a whole run: `image(number)` redraws it with the same limits for every snapshot."""

    def __init__(self, run: Run, split: SplitName, style: Style):
        self.run, self.split = run, split
        self.figure = Figure(figsize=(INCHES, INCHES), dpi=style.dpi, facecolor=style.colors.background)
        self.canvas = FigureCanvasAgg(self.figure)
        self.scatter = Scatter(self.figure.add_axes((0, 0, 1, 1 - CAPTION_SHARE)), run, split, style)
        ink: dict[str, Any] = {"color": style.colors.ink}
        muted: dict[str, Any] = {"color": style.colors.muted}
        title = shown(run.lossname, LONGEST_TITLE)
        self.figure.text(LEFT, 0.945, title, fontsize=22 * min(1, 18 / len(title)), fontweight="bold", **ink)
        self.figure.text(LEFT, 0.898, numbers(run.spec), fontsize=15, **muted)
        self.epoch = self.figure.text(RIGHT, 0.945, "", fontsize=22, fontweight="bold", ha="right", **ink)
        self.accuracy = self.figure.text(RIGHT, 0.898, "", fontsize=18, ha="right", **ink)
        self.note = self.figure.text(LEFT, 0.018, "", fontsize=14, **muted)
        if run.spec.x_norm:
            self.figure.text(RIGHT, 0.018, "circle: x / |x|", fontsize=14, ha="right", **muted)

    def widen(self, run: Run) -> None:
        """Takes other snapshots of the same run, in limits that hold those of before as well."""
        self.run = run
        self.scatter.widen(run)

    def image(self, number: int) -> np.ndarray:
        """The picture of snapshot `number`, uint8 (size, size, 3)."""
        snapshot = self.run.snapshots[number]
        points = snapshot.points(self.split)
        self.scatter.show(snapshot, number)
        wrong = int(np.count_nonzero(points.predictions != points.labels))
        self.epoch.set_text(f"epoch {snapshot.epoch:.4g}")
        self.accuracy.set_text(f"{self.split} accuracy {100 * points.accuracy:.2f} %")
        self.note.set_text(f"ringed: {wrong:,} wrong of {len(points.labels):,}")
        self.canvas.draw()
        return np.asarray(self.canvas.buffer_rgba())[..., :3].copy()


def numbers(spec: MarginSpec) -> str:
    """The loss in numbers, as in the table of losses."""
    return f"s = {spec.s:g}   m₁ = {spec.m1:g}   m₂ = {spec.m2:g}   m₃ = {spec.m3:g}"
