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
from marginalia.viz.figures.chart import LABEL, LONGEST_NAME, chart, degrees
from marginalia.viz.labels import families, shown
from marginalia.viz.style import Style, class_colors

TITLE = "Two classes, by their angles"
LINE = "Dashed: what decides. Hatched: the margin, where neither class is content yet."
LOSSES = ("softmax", "norm-softmax", "A-softmax_v1", "CosFace_v2", "ArcFace_v3")
MOST = 6
FINE = 361
LENGTHS = (1.0, 1.5)
TINT = 0.35
TICKS = (0, 45, 90)
TALLEST = 0.42


def draw(figure: Figure, style: Style, presets: Mapping[str, MarginSpec], runs: Mapping[str, Run]) -> None:
    """A panel a preset; where lengths of weights count, the second is 1.5 times as long as the first."""
    width = 0.92 / len(presets)
    side = min(0.86 * width, TALLEST * 9 / 16)
    for number, (name, spec) in enumerate(presets.items()):
        place = (0.07 + number * width, 0.34, side, side * 16 / 9)
        ax = chart(figure, style, place, xlim=(0, 90), ylim=(0, 90), aspect="equal")
        ax.set_xticks(TICKS, degrees(TICKS))
        ax.get_xticklabels()[0].set_horizontalalignment("left")
        ax.get_xticklabels()[-1].set_horizontalalignment("right")
        ax.set_yticks(TICKS, degrees(TICKS) if number == 0 else [""] * len(TICKS))
        title = shown(name, LONGEST_NAME)
        text: dict[str, Any] = {"fontsize": 20, "fontweight": "bold", "color": style.colors.ink}
        ax.set_title(title, fontfamily=families(title), pad=12, **text)
        panel(ax, style, spec)
    figure.text(0.5, 0.22, r"angle $\theta_1$ to class 1", fontsize=LABEL, color=style.colors.ink, ha="center")
    figure.text(0.012, 0.51, r"$\theta_2$", fontsize=LABEL, color=style.colors.ink, va="center")
    if not all(spec.w_norm for spec in presets.values()):
        note = r"Where weights keep their length, $|w_2| = 1.5\,|w_1|$ here: the boundary leaves the diagonal."
        figure.text(0.03, 0.1, note, fontsize=LABEL, color=style.colors.muted)


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
