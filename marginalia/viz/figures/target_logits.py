"""What each loss makes of the angle to the own class, over the angles that training reached."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from marginalia.core.margin import Margin, psi
from marginalia.record.metrics import target_angles
from marginalia.record.snapshot import Run
from marginalia.viz.figures.chart import LABEL, chart, degrees, key, line_colors
from marginalia.viz.style import Style

TITLE = "The target logit"
LINE = "A margin is a lower curve: the same logit asks for a smaller angle."
LOSSES = ("softmax", "A-softmax_v1", "A-softmax_v2", "CosFace_v1", "CosFace_v2", "ArcFace_v3")
MOST = 9
NEAR = 45.0
BIN = 1.0
ROW = 0.85
ROWS_LEGIBLE = 7


def draw(figure: Figure, style: Style, presets: Mapping[str, Margin], runs: Mapping[str, Run]) -> None:
    """psi(theta) of the presets on [0, pi] and near 0; below, theta of the training images of their runs.

    presets: or the samples of psi of a run that is none.
    """
    colors = line_colors(style, list(presets))
    wide = chart(
        figure, style, (0.08, 0.12, 0.40, 0.66), xlabel=r"angle to the own class $\theta$", ylabel=r"$\psi(\theta)$",
        xlim=(0, 180), ylim=(-5.2, 1.1), xticks=range(0, 181, 45),
    )  # fmt: skip
    near = chart(
        figure, style, (0.56, 0.50, 0.22, 0.28), ylabel=r"$\psi(\theta)$", xlim=(0, NEAR), ylim=(-0.6, 1.05),
        xticks=range(0, 46, 15),
    )  # fmt: skip
    below = chart(
        figure, style, (0.56, 0.12, 0.22, 0.30), xlabel=r"$\theta$", ylabel="training images", xlim=(0, NEAR),
        yticks=[], xticks=range(0, 46, 15),
    )  # fmt: skip
    for ax in (wide, near, below):
        ax.set_xticks(ax.get_xticks(), degrees(ax.get_xticks().tolist()))
    for ax, until in ((wide, 180.0), (near, NEAR)):
        angles = np.linspace(0, until, 500)
        for name, spec in presets.items():
            ax.plot(angles, psi(np.radians(angles), spec), color=colors[name], lw=3)
    measured(below, style, {name: run for name, run in runs.items() if name in presets}, colors)
    key(figure, style, colors, 0.81, 0.76)


def measured(ax: Axes, style: Style, runs: Mapping[str, Run], colors: dict[str, str]) -> None:
    """A row a run: the angles of the training images of its last snapshot, to the row's own peak, and their mean."""
    edges = np.arange(0, NEAR + BIN, BIN)
    for row, (name, run) in enumerate(runs.items()):
        last = run.snapshots[-1]
        angles = target_angles(last.points("train"), last.class_weights)
        counts = np.histogram(angles, edges)[0]
        ax.stairs(counts * ROW / max(counts.max(), 1) - row, edges, baseline=-row, color=colors[name], fill=True)
        ax.text(1.04, 1 - (row + 0.55) / len(runs), f"mean {angles.mean():.1f}°", transform=ax.transAxes, ha="left",
                va="center", fontsize=min(LABEL, ROWS_LEGIBLE * LABEL / len(runs)), color=style.colors.ink)  # fmt: skip
    if runs:
        ax.set_ylim(1 - len(runs), 1)
    else:
        text = "train these losses to see\nthe angles they reach"
        ax.text(0.5, 0.5, text, transform=ax.transAxes, ha="center", va="center", fontsize=LABEL,
                color=style.colors.muted)  # fmt: skip
