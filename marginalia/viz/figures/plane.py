"""Two classes in the plane of their angles: where each wins in training, and the margin between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from marginalia.core.margin import MarginSpec, psi
from marginalia.record.snapshot import Run
from marginalia.viz.figures.chart import LABEL, LONGEST_NAME, cells, chart
from marginalia.viz.labels import families, shown
from marginalia.viz.style import Style, class_colors

TITLE = "Two classes, by their angles"
LINE = "Dashed: what decides. Hatched: the margin, where neither has won yet."
LOSSES = ("softmax", "norm-softmax", "A-softmax_v1", "CosFace_v2", "ArcFace_v3")
MOST = 6
FINE = 361
LENGTHS = (1.0, 1.5)
TINT = 0.35
TICKS = (0, 45, 90)
ASPECT = 16 / 9
HEIGHT_OF_WORDS, WIDTH_OF_WORDS, FOOT = 0.11, 0.06, 0.055
NOTE = "Where weights keep their\nlength, $|w_2| = 1.5\\,|w_1|$\nhere: the boundary\nleaves the diagonal."


def draw(figure: Figure, style: Style, presets: Mapping[str, MarginSpec], runs: Mapping[str, Run]) -> None:
    """A panel a preset; where lengths of weights count, the second is 1.5 times as long as the first."""
    places = cells(len(presets))
    for (left, bottom, width, height), (name, spec) in zip(places, presets.items(), strict=True):
        side = min(height - HEIGHT_OF_WORDS, (width - WIDTH_OF_WORDS) * ASPECT)
        place = (left + (width - side / ASPECT) / 2, bottom + FOOT, side / ASPECT, side)
        ax = chart(figure, style, place, xlim=(0, 90), ylim=(0, 90), aspect="equal")
        ax.set_xticks(TICKS, ["0°", r"$\theta_1$", "90°"])
        ax.get_xticklabels()[0].set_horizontalalignment("left")
        ax.get_xticklabels()[-1].set_horizontalalignment("right")
        ax.set_yticks(TICKS, ["0°", r"$\theta_2$", "90°"])
        title = shown(name, LONGEST_NAME)
        text: dict[str, Any] = {"fontsize": 20, "fontweight": "bold", "color": style.colors.ink}
        ax.set_title(title, fontfamily=families(title), pad=8, **text)
        panel(ax, style, spec)
    if not all(spec.w_norm for spec in presets.values()):
        figure.text(0.985, 0.02, NOTE, fontsize=LABEL, color=style.colors.muted, ha="right", linespacing=1.5)


def panel(ax: Axes, style: Style, spec: MarginSpec) -> None:
    surplus1, surplus2, plain = surpluses(spec)
    angles = np.linspace(0, 90, FINE)
    first, second = class_colors(2, style.palette)
    span = [0, np.inf]
    ax.contourf(angles, angles, surplus1, levels=span, colors=[to_rgba(first, TINT)])
    ax.contourf(angles, angles, surplus2, levels=span, colors=[to_rgba(second, TINT)])
    if spec.has_margin:
        hatch = ax.contourf(angles, angles, -np.maximum(surplus1, surplus2), levels=span, colors="none", hatches=["--"])
        hatch.set_edgecolor(style.colors.muted)
        hatch.set_linewidth(0)
        ax.contour(angles, angles, surplus1, levels=[0], colors=[first], linewidths=3)
        ax.contour(angles, angles, surplus2, levels=[0], colors=[second], linewidths=3)
    ax.contour(angles, angles, plain, levels=[0], colors=[style.colors.ink], linewidths=1.5, linestyles="--")
    for x, y, number in ((26, 74, "1"), (74, 26, "2")):
        ax.text(x, y, number, fontsize=24, fontweight="bold", color=style.colors.ink, ha="center", va="center")


def surpluses(spec: MarginSpec) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """By how much class 1 wins in training, class 2 in training, class 1 at inference; theta_2 down, theta_1 across."""
    theta1, theta2 = np.meshgrid(np.radians(np.linspace(0, 90, FINE)), np.radians(np.linspace(0, 90, FINE)))
    length1, length2 = (1.0, 1.0) if spec.w_norm else LENGTHS
    plain1, plain2 = length1 * np.cos(theta1), length2 * np.cos(theta2)
    return length1 * psi(theta1, spec) - plain2, length2 * psi(theta2, spec) - plain1, plain1 - plain2
