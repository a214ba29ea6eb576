"""Test accuracy on the way and at the end, a row a loss: docs/results.png."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from marginalia.viz.figures.chart import HEADING, LABEL, chart
from marginalia.viz.labels import shown
from marginalia.viz.panels import nines
from marginalia.viz.settings import our_settings
from marginalia.viz.sheet import figure_file
from marginalia.viz.style import INCHES, Style, class_colors
from tools.results.collect import Result

ASPECT = 8 / 9
TICKS = (0.9, 0.95, 0.98, 0.99, 0.995)
LOWEST, HIGHEST = 0.88, 0.9975
ON_THE_WAY = (1, 2, 5, 10)
PALEST, DARKEST = 0.2, 0.6
TOP, FOOT, BETWEEN = 0.86, 0.05, 0.09
PARTS = {"presets": "Presets", "further heads": "Further heads"}
TITLE = "Test accuracy"
LINE = "MNIST, 2-D features, LeNet++; mean of the seeds. Pale: after 1, 2, 5, 10 epochs, from 88 %."


@our_settings()
def accuracy_plot(results: list[Result]) -> bytes:
    """A PNG: a panel of the presets, a panel of the further heads; rows in the order of what they end with."""
    style = Style(size=900)
    figure = Figure((2 * INCHES * ASPECT, 2 * INCHES), facecolor=style.colors.background)
    figure.text(0.03, 0.96, TITLE, fontsize=HEADING, fontweight="bold", color=style.colors.ink)
    figure.text(0.03, 0.93, LINE, fontsize=LABEL, color=style.colors.muted)
    panels = {title: [r for r in results if r.part == part] for part, title in PARTS.items()}
    panels = {title: mine for title, mine in panels.items() if mine}
    rows = sum(map(len, panels.values()))
    top = TOP
    for title, mine in panels.items():
        height = (TOP - FOOT - BETWEEN * (len(panels) - 1)) * len(mine) / rows
        panel(figure, style, f"{title}, {max(r.curve[-1][0] for r in mine):g} epochs", (top - height, height), mine)
        top -= height + BETWEEN
    return figure_file(figure, "png", style)


def panel(figure: Figure, style: Style, title: str, place: tuple[float, float], results: list[Result]) -> None:
    """place: bottom and height in the figure."""
    ranked = sorted(results, key=lambda result: result.curve[-1][1])
    limits = nines(np.array((LOWEST, HIGHEST)))
    ax = chart(figure, style, (0.26, place[0], 0.62, place[1]), xlim=limits, ylim=(-0.6, len(ranked) - 0.4),
               xticks=nines(np.array(TICKS)), yticks=range(len(ranked)))  # fmt: skip
    ax.set_xticklabels([f"{100 * share:g} %" for share in TICKS])
    ax.set_yticklabels([shown(result.lossname, 16) for result in ranked], fontsize=LABEL, color=style.colors.ink)
    ax.grid(axis="x", color=style.colors.muted, alpha=0.25, lw=0.8)
    ax.set_title(title, fontsize=LABEL, fontweight="bold", color=style.colors.ink, loc="left", pad=12)
    for row, result in enumerate(ranked):
        draw_row(ax, style, row, result)


def draw_row(ax: Axes, style: Style, row: int, result: Result) -> None:
    color = class_colors(1, style.palette)[0]
    curve = dict(result.curve[:-1])
    for epoch, opacity in zip(ON_THE_WAY, np.linspace(PALEST, DARKEST, len(ON_THE_WAY)), strict=True):
        if curve.get(epoch, 0) > LOWEST:
            marker: dict[str, Any] = {"color": to_rgba(color, opacity), "markersize": 9, "markeredgewidth": 0}
            ax.plot(nines(np.array(curve[epoch])), row, "o", **marker)
    last = result.curve[-1][1]
    ax.plot(nines(np.array(last)), row, "o", color=color, markersize=13)
    text = f"{100 * last:.2f} %"
    ax.text(1.02, row, text, fontsize=LABEL, color=style.colors.ink, va="center", transform=ax.get_yaxis_transform())
