"""How a training stands: its numbers over the epochs, and some classes as the angles of their points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from marginalia.record.snapshot import Run, SplitName
from marginalia.viz.angle_plane import Angles
from marginalia.viz.labels import shown
from marginalia.viz.sheet import WIDTH, Sheet
from marginalia.viz.style import Style

TOP, FOOT, GAP = 596.0, 78.0, 34.0


@dataclass(frozen=True)
class Curve:
    """epochs, values: float (K,). text: how the last value reads."""

    epochs: np.ndarray
    values: np.ndarray
    text: str


class TrainingSheet(Sheet):
    """Curves one below the other on the left, the plane of angles of a run's last snapshot on the right.

    curves: by what they show. title, note: above them. split: of the run, or no run where nothing was recorded.
    """

    count = 1

    def __init__(
        self, curves: Mapping[str, Curve], title: str, note: str, run: Run | None, split: SplitName, style: Style
    ):
        super().__init__(WIDTH, style)
        self.text(40, 672, shown(title, 40), 26, fontweight="bold")
        self.text(40, 638, note, 16, muted=True)
        end = max(float(curve.epochs[-1]) for curve in curves.values())
        each = (TOP - FOOT - GAP * (len(curves) - 1)) / len(curves)
        for number, (name, curve) in enumerate(curves.items()):
            bottom = TOP - (number + 1) * each - number * GAP
            ax = self.axes(84, bottom, 480, each - 26)
            self.draw(ax, curve, end, last=number == len(curves) - 1)
            self.text(84, bottom + each - 20, name, 16, fontweight="bold")
            self.text(564, bottom + each - 20, curve.text, 16, ha="right", muted=True)
        if run is not None:
            Angles(self.axes(720, 100, 520, 500), run, split, style).show(run.snapshots[-1])
            self.text(720, 638, f"angles of {len(run.class_names)} people, in degrees", 16, muted=True)

    def draw(self, ax: Axes, curve: Curve, end: float, last: bool) -> None:
        colors = self.style.colors
        ax.plot(curve.epochs, curve.values, color=colors.ink, lw=2, marker="o" if len(curve.epochs) == 1 else "")
        ax.patch.set_visible(False)
        ax.margins(y=0.1)
        ax.set_xlim(0, end)
        ax.set_ylim(bottom=min(0, float(np.min(curve.values, initial=0))))
        ax.tick_params(colors=colors.muted, labelsize=13, labelbottom=last)
        ax.locator_params(axis="y", nbins=3)
        ax.grid(True, axis="y", color=colors.muted, alpha=0.25, lw=0.8)
        for name, spine in ax.spines.items():
            spine.set_visible(name in ("left", "bottom"))
            spine.set_color(colors.muted)
        if last:
            ax.set_xlabel("epochs", fontsize=15, color=colors.ink)

    def show(self, number: int) -> None:
        """There is one moment only."""
