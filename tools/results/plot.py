"""Test accuracy against epochs, all losses: docs/results.png."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from marginalia.viz.figures.chart import HEADING, LABEL, chart
from marginalia.viz.geometry import isotonic
from marginalia.viz.labels import shown
from marginalia.viz.panels import nines
from marginalia.viz.settings import our_settings
from marginalia.viz.sheet import figure_file
from marginalia.viz.style import INCHES, Style, class_colors
from tools.results.collect import Result

ASPECT = 8 / 9
TICKS = (0.9, 0.95, 0.98, 0.99, 0.995)
LOWEST, HIGHEST = 0.88, 0.9966
LABEL_STEP = 0.068
PANELS = (("presets", "Presets", 0.51), ("further heads", "Further heads", 0.06))
TITLE = "Test accuracy"
LINE = "MNIST, 2-D features, LeNet++; mean of the seeds. Names: % in the last epoch."


@our_settings()
def accuracy_plot(results: list[Result]) -> bytes:
    """A PNG: a panel of the presets, a panel of the further heads, each line named at its end."""
    style = Style(size=900)
    figure = Figure((2 * INCHES * ASPECT, 2 * INCHES), facecolor=style.colors.background)
    figure.text(0.03, 0.96, TITLE, fontsize=HEADING, fontweight="bold", color=style.colors.ink)
    figure.text(0.03, 0.93, LINE, fontsize=LABEL, color=style.colors.muted)
    for part, title, bottom in PANELS:
        mine = [result for result in results if result.part == part]
        if mine:
            panel(figure, style, title, bottom, mine)
    return figure_file(figure, "png", style)


def panel(figure: Figure, style: Style, title: str, bottom: float, results: list[Result]) -> None:
    last = max(result.curve[-1][0] for result in results)
    limits = nines(np.array((LOWEST, HIGHEST)))
    ax = chart(figure, style, (0.1, bottom, 0.6, 0.36), xlabel="epoch", xlim=(0, last), ylim=limits,
               xticks=np.linspace(0, last, 5), yticks=nines(np.array(TICKS)))  # fmt: skip
    ax.set_yticklabels([f"{100 * share:g} %" for share in TICKS])
    ax.set_title(title, fontsize=LABEL, fontweight="bold", color=style.colors.ink, loc="left", pad=12)
    ranked = sorted(results, key=lambda result: result.curve[-1][1])
    colors = class_colors(len(ranked), style.palette)
    for result, color in zip(ranked, colors, strict=True):
        epochs, shares = np.array(result.curve).T
        ax.plot(epochs, nines(shares), color=color, lw=2.2)
    name_the_ends(ax, style, ranked, colors, last)


def name_the_ends(ax: Axes, style: Style, ranked: list[Result], colors: list[str], last: float) -> None:
    """Names right of the axes, at the ends of their lines, moved apart where they would overlap."""
    ends = nines(np.array([result.curve[-1][1] for result in ranked]))
    low, high = ax.get_ylim()
    steps = LABEL_STEP * (high - low) * np.arange(len(ranked)) * min(1, 15 / len(ranked))
    places = isotonic(np.clip(ends, low, high) - steps) + steps
    places -= max(0.0, places[-1] - high)
    for result, color, end, place in zip(ranked, colors, ends, places, strict=True):
        text = f"{shown(result.lossname, 16)} {100 * result.curve[-1][1]:.2f}"
        ax.plot([last, 1.05 * last], [end, place], color=color, lw=1, clip_on=False)
        ax.text(1.065 * last, place, text, fontsize=LABEL, color=style.colors.ink, va="center", clip_on=False)
