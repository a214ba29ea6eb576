"""How wide the margin is between two classes, by the angle between them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from marginalia.core.margin import MarginSpec
from marginalia.record.snapshot import Run
from marginalia.viz.figures.between_two import margin_width
from marginalia.viz.figures.chart import LABEL, chart, degrees, key, line_colors
from marginalia.viz.style import Style

TITLE = "The margin depends on the angle"
LINE = "The farther apart two classes are, the more A-Softmax asks for, and the less CosFace."
LOSSES = ("norm-softmax", "A-softmax_v1", "A-softmax_v2", "CosFace_v1", "CosFace_v2", "ArcFace_v3")
MOST = 8
NARROWEST, WIDEST = 2.0, 120.0
TEN_CLASSES = 36.0


def draw(figure: Figure, style: Style, presets: Mapping[str, MarginSpec], runs: Mapping[str, Run]) -> None:
    """A curve a preset; it begins where the class directions themselves satisfy the margin."""
    ticks = range(0, 121, 20)
    ax = chart(
        figure, style, (0.09, 0.14, 0.66, 0.66), xlabel="angle between two class directions",
        ylabel="width of the margin", xlim=(0, WIDEST), ylim=(0, 65), xticks=ticks, yticks=range(0, 61, 20),
    )  # fmt: skip
    ax.set_xticks(ticks, degrees(ticks))
    ax.set_yticks(range(0, 61, 20), degrees(range(0, 61, 20)))
    colors = line_colors(style, list(presets))
    separations = np.linspace(NARROWEST, WIDEST, 400)
    for name, spec in presets.items():
        widths = [margin_width(separation, spec) for separation in np.radians(separations)]
        ax.plot(separations, np.degrees(widths), color=colors[name], lw=3.5, clip_on=False)
        feasible = np.flatnonzero(np.isfinite(widths))
        if len(feasible) and feasible[0]:
            start = feasible[0]
            ax.plot(separations[start], np.degrees(widths[start]), "o", color=colors[name], markersize=9)
    ax.axvline(TEN_CLASSES, color=style.colors.muted, lw=1.5, ls="--")
    ax.text(TEN_CLASSES + 1, 61, "ten classes around the circle", fontsize=LABEL, color=style.colors.muted)
    key(figure, style, colors, 0.78, 0.74)
    note = "● closer than this,\nnot even the class\ndirection satisfies it"
    figure.text(0.78, 0.24, note, fontsize=LABEL, color=style.colors.muted, va="center")
