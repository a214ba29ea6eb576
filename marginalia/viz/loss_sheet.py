"""A loss in one picture: what it makes of the angle, how steep that is, and where it moves features in the plane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from marginalia.viz.figures.chart import LABEL, Place, chart, degrees, heading
from marginalia.viz.labels import shown
from marginalia.viz.regions import on_circle
from marginalia.viz.settings import our_settings
from marginalia.viz.sheet import LINES, WIDTH, figure_file
from marginalia.viz.style import INCHES, Style, class_colors, readable_on

RINGS = {0.3: 8, 0.55: 16, 0.82: 20}  # radius: arrows
LONGEST_ARROW, REACH, NARROWEST, APART = 0.36, 1.2, 0.7, 40
LONGEST_TITLE = 40
TICKS = range(0, 181, 45)
WIDE = (0.09, 0.13, 0.85, 0.63)
NARROW = (0.09, 0.13, 0.44, 0.63)
DISC = (0.56, 0.03, 0.43, 0.76)
Mark = tuple[str, float, float]


@dataclass(frozen=True)
class LossPicture:
    """values: the curve `name` at angles evenly from 0 to pi. marks: words at angles in degrees, for what is wrong.

    arrows: -dloss/dx of class 0 at `places`, (K, 2), where the weights of all classes lie evenly around the circle, its
    own upwards; or none.
    """

    title: str
    line: str
    name: str
    values: np.ndarray
    marks: Sequence[Mark]
    classes: int
    arrows: np.ndarray | None


def places() -> np.ndarray:
    """Where arrows stand, in a disc of radius 1, (K, 2); none at 0 or 180 degrees to the own weight."""
    return np.concatenate([radius * on_circle(np.pi * np.arange(1 / n, 2, 2 / n)).T for radius, n in RINGS.items()])


@our_settings()
def loss_png(picture: LossPicture, style: Style) -> bytes:
    """The picture as PNG."""
    figure = Figure(figsize=(INCHES * WIDTH / LINES, INCHES), dpi=style.dpi, facecolor=style.colors.background)
    heading(figure, style, shown(picture.title, LONGEST_TITLE), picture.line)
    left, bottom, width, height = WIDE if picture.arrows is None else NARROW
    half = 0.43 * height
    curves(figure, style, picture, (left, bottom + height - half, width, half), (left, bottom, width, half))
    if picture.arrows is not None:
        disc(figure.add_axes(DISC), style, picture.classes, picture.arrows)
    return figure_file(figure, "png", style)


def curves(figure: Figure, style: Style, picture: LossPicture, top: Place, foot: Place) -> None:
    """The curve, dashed the cosine where the curve is psi, and below how steeply it falls."""
    angles = np.linspace(0, 180, len(picture.values))
    steep = -np.gradient(picture.values, np.radians(angles))
    for _, low, high in picture.marks:
        if high - low < angles[1]:
            steep[np.abs(angles - low) < 2 * angles[1]] = np.nan  # a jump is no slope
    upper = chart(figure, style, top, ylabel=picture.name.replace("psi", r"$\psi(\theta)$"), xlim=(0, 180))
    slope = r"$-\psi\,'(\theta)$" if picture.name == "psi" else "slope down"
    lower = chart(figure, style, foot, ylabel=slope, xlabel=r"angle to the own weight $\theta$", xlim=(0, 180))
    if picture.name == "psi":
        upper.plot(angles, np.cos(np.radians(angles)), color=style.colors.muted, lw=2, ls="--")
        upper.text(60, 0.52, r"$\cos\,\theta$", fontsize=LABEL, color=style.colors.muted, va="bottom")
    (blue,) = class_colors(1, style.palette)
    for ax, values in ((upper, picture.values), (lower, steep)):
        ax.plot(angles, values, color=blue, lw=3.5)
        ax.set_xticks(TICKS, degrees(TICKS) if ax is lower else [])
        ax.margins(y=0.12)
    lower.axhline(0, color=style.colors.muted, lw=1)
    red, before, height = class_colors(3, style.palette)[2], -np.inf, 1.02
    for word, low, high in sorted(picture.marks, key=lambda mark: mark[1]):
        for ax in (upper, lower):
            ax.axvspan(low - NARROWEST, high + NARROWEST, color=red, alpha=0.3, lw=0, zorder=0)
        middle = (low + high) / 2
        height = 1.16 if middle - before < APART and height < 1.1 else 1.02
        upper.text(middle, height, word, transform=upper.get_xaxis_transform(), color=red, fontsize=LABEL,
                   fontweight="bold", ha="center", va="bottom")  # fmt: skip
        before = middle


def disc(ax: Axes, style: Style, classes: int, arrows: np.ndarray) -> None:
    """The weights in a disc, and arrows as long as the root of the pull."""
    ax.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal")
    ax.set_axis_off()
    own = class_colors(2, style.palette)[1]
    ax.plot(*on_circle(np.linspace(0, 2 * np.pi, 361)), color=style.colors.muted, lw=1.2, zorder=1)
    for number, (x, y) in enumerate(on_circle(np.pi / 2 + 2 * np.pi * np.arange(classes) / classes).T):
        color, wide = (style.colors.muted, 0.6) if number else (own, 2.5)
        ax.plot([0, x], [0, y], color=color, lw=wide, zorder=1)
    box = {"boxstyle": "circle,pad=0.25", "fc": own, "ec": "none"}
    ax.text(0, 1.04, "y", fontsize=LABEL, fontweight="bold", color=readable_on(own), bbox=box, ha="center",
            va="center_baseline", zorder=5)  # fmt: skip
    finite = np.isfinite(arrows).all(axis=1)
    strength = np.linalg.norm(arrows[finite], axis=1, keepdims=True)
    seen = LONGEST_ARROW * arrows[finite] / np.sqrt(np.maximum(strength * strength.max(initial=0), 1e-12))
    ax.quiver(*places()[finite].T, *seen.T, angles="xy", scale_units="xy", scale=1, color=style.colors.ink, width=0.008,
              headwidth=4, headlength=4.5, headaxislength=4, minlength=0.2, pivot="mid", zorder=3)  # fmt: skip
    ax.text(0, -1.16, "where training moves features of class y", fontsize=LABEL, color=style.colors.muted, ha="center",
            va="center")  # fmt: skip
