"""Two neighbouring classes on the unit circle: their directions, the boundary, and the arc of the margin."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Wedge

from marginalia.core.margin import MarginSpec
from marginalia.record.snapshot import Run
from marginalia.viz.figures.between_two import margin_width
from marginalia.viz.figures.chart import LABEL, LONGEST_NAME, cells, chart
from marginalia.viz.labels import families, shown
from marginalia.viz.style import Style, class_colors, readable_on

TITLE = "The margin on the circle"
LINE = "Two equal weights 60° apart: the dashed line decides, the hatched arc is the margin."
LOSSES = ("norm-softmax", "A-softmax_v1", "CosFace_v2", "ArcFace_v3")
MOST = 6
SEPARATION = 60.0
REACH = 46.0
WIDE, HIGH = (-0.82, 0.82), (-0.05, 1.2)
TEXT = 0.1
TINT = 0.35


def draw(figure: Figure, style: Style, presets: Mapping[str, MarginSpec], runs: Mapping[str, Run]) -> None:
    """A panel a preset, the class directions 60 degrees apart."""
    for (left, bottom, width, height), (name, spec) in zip(cells(len(presets)), presets.items(), strict=True):
        ax = chart(figure, style, (left, bottom + TEXT, width, height - TEXT), xlim=WIDE, ylim=HIGH, aspect="equal")
        ax.set_axis_off()
        wide = float(np.degrees(margin_width(np.radians(SEPARATION), spec))) if spec.has_margin else 0.0
        panel(ax, style, SEPARATION if math.isnan(wide) else wide)
        title = shown(name, LONGEST_NAME)
        text: dict[str, Any] = {"fontsize": 22, "fontweight": "bold", "color": style.colors.ink}
        middle = left + width / 2
        figure.text(middle, bottom + 0.06, title, fontfamily=families(title), ha="center", **text)
        words = f"margin {wide:.1f}°" if wide else "no margin"
        words = "too wide for both" if math.isnan(wide) else words
        figure.text(middle, bottom + 0.02, words, fontsize=LABEL, color=style.colors.ink, ha="center")


def panel(ax: Axes, style: Style, wide: float) -> None:
    """wide: the margin's arc, degrees."""
    half = SEPARATION / 2
    for side, color, name in zip((1, -1), class_colors(2, style.palette), "12", strict=True):
        near, far = 90 + side * wide / 2, 90 + side * REACH
        ax.add_patch(Wedge((0, 0), 1, min(near, far), max(near, far), fc=to_rgba(color, TINT), ec="none"))
        direction = np.radians(90 + side * half)
        x, y = np.cos(direction), np.sin(direction)
        ax.annotate("", xy=(x, y), xytext=(0, 0), arrowprops={"arrowstyle": "-|>", "color": color, "lw": 3})
        box = {"boxstyle": "circle,pad=0.3", "fc": color, "ec": "none"}
        ax.text(1.17 * x, 1.17 * y, name, fontsize=20, fontweight="bold", ha="center", va="center_baseline",
                color=readable_on(color), bbox=box)  # fmt: skip
    if wide:
        band = Wedge((0, 0), 1, 90 - wide / 2, 90 + wide / 2, fc="none", ec=style.colors.muted, hatch="--", lw=0)
        ax.add_patch(band)
    rim = np.radians(np.linspace(90 - REACH, 90 + REACH, 200))
    ax.plot(np.cos(rim), np.sin(rim), color=style.colors.muted, lw=1.5)
    ax.plot([0, 0], [0, 1.12], "--", color=style.colors.ink, lw=2)
