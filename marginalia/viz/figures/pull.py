"""Where each loss moves a feature of one class among ten, over the plane and over the angle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from marginalia.core.margin import MarginSpec
from marginalia.record.snapshot import Run
from marginalia.viz.figures.chart import LONGEST_NAME, TICK, chart, degrees, key, line_colors
from marginalia.viz.labels import families, shown
from marginalia.viz.pull import pull
from marginalia.viz.regions import on_circle, training_arcs
from marginalia.viz.sectors import wedge
from marginalia.viz.style import Style, class_colors, readable_on

TITLE = "What pulls a feature"
LINE = "Arrows: where training moves features of class y; the longer, the more."
LOSSES = ("softmax", "norm-softmax", "CosFace_v1", "ArcFace_v3")
MOST = 4
CLASSES = 10
LENGTH = 4.0
RADII = (0.3, 0.55, 0.82)
ARROWS_A_RING = 20
TINT = 0.28
REACH = 1.18
LONGEST_ARROW = 0.36


def draw(figure: Figure, style: Style, presets: Mapping[str, MarginSpec], runs: Mapping[str, Run]) -> None:
    """A disc a preset, in one scale of arrows; below, the pull towards the own weight over the angle."""
    colors = line_colors(style, list(presets))
    fields = {name: field(spec) for name, spec in presets.items()}
    most = max(float(np.linalg.norm(arrows, axis=1).max()) for _, arrows in fields.values())
    width = 0.98 / len(presets)
    for number, (name, spec) in enumerate(presets.items()):
        place = (0.01 + number * width, 0.375, width, 0.395)
        ax = chart(figure, style, place, xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal")
        ax.set_axis_off()
        disc(ax, style, spec, *fields[name], most)
        title = shown(name, LONGEST_NAME)
        text: dict[str, Any] = {"fontsize": 20, "fontweight": "bold", "color": style.colors.ink, "ha": "center"}
        figure.text(place[0] + width / 2, 0.785, title, fontfamily=families(title), **text)
    over_the_angle(figure, style, presets, colors)


def field(spec: MarginSpec) -> tuple[np.ndarray, np.ndarray]:
    """Places in a disc of radius 1, and the pull there on features up to |x| = 4, (K, 2) each; class 0 points up."""
    turns = [np.linspace(0, 2 * np.pi, round(ARROWS_A_RING * radius) + 4, endpoint=False) for radius in RADII]
    rings = [radius * on_circle(np.pi / 2 + angles).T for radius, angles in zip(RADII, turns, strict=True)]
    places = np.concatenate(rings)
    return places, pull(LENGTH * places, 0, directions(), spec)


def directions() -> np.ndarray:
    """Ten even class weights, (10, 2), the first one upwards."""
    return on_circle(np.pi / 2 + 2 * np.pi * np.arange(CLASSES) / CLASSES).T


def disc(ax: Axes, style: Style, spec: MarginSpec, places: np.ndarray, arrows: np.ndarray, most: float) -> None:
    """The weights, the region that training asks for, and arrows as long as the root of the pull.

    most: the strongest pull of all discs.
    """
    target_color = class_colors(MOST + 1, style.palette)[-1]  # none of those of the curves
    for arc in training_arcs(directions(), spec):
        if arc.label == 0:
            ax.fill(*wedge(arc, 1).T, fc=to_rgba(target_color, TINT), ec="none", zorder=0)
    rim = np.linspace(0, 2 * np.pi, 361)
    ax.plot(np.cos(rim), np.sin(rim), color=style.colors.muted, lw=1.2, zorder=1)
    for label, (x, y) in enumerate(directions()):
        color, wide = (target_color, 2.5) if label == 0 else (style.colors.muted, 0.6)
        ax.plot([0, x], [0, y], color=color, lw=wide, zorder=1)
    box = {"boxstyle": "circle,pad=0.25", "fc": target_color, "ec": "none"}
    ax.text(0, 1.02, "y", fontsize=15, fontweight="bold", color=readable_on(target_color), bbox=box, ha="center",
            va="center_baseline", zorder=5)  # fmt: skip
    strength = np.linalg.norm(arrows, axis=1, keepdims=True)
    seen = LONGEST_ARROW * arrows / np.sqrt(np.maximum(strength, 1e-12) * most)
    ax.quiver(*places.T, *seen.T, angles="xy", scale_units="xy", scale=1, color=style.colors.ink, width=0.0095,
              headwidth=4, headlength=4.5, headaxislength=4, minlength=0.2, pivot="mid", zorder=3)  # fmt: skip


def over_the_angle(figure: Figure, style: Style, presets: Mapping[str, MarginSpec], colors: Mapping[str, str]) -> None:
    """How strongly a feature is turned towards the weight of its class, at every angle from it."""
    ax = chart(
        figure, style, (0.09, 0.125, 0.62, 0.21), xlabel=r"angle to the own weight $\theta$", ylabel="pull",
        xlim=(0, 180), xticks=range(0, 181, 45),
    )  # fmt: skip
    ax.set_xticks(ax.get_xticks(), degrees(ax.get_xticks().tolist()))
    angles = np.linspace(0.25, 179.75, 719)
    for name, spec in presets.items():
        ax.plot(angles, turning(np.radians(angles), spec), color=colors[name], lw=3)
    ax.set_ylim(bottom=0)
    key(figure, style, dict(colors), 0.76, 0.315)
    if not all(spec.x_norm for spec in presets.values()):
        figure.text(0.76, 0.045, "curves: |x| = 4", fontsize=TICK, color=style.colors.muted)


def turning(angles: np.ndarray, spec: MarginSpec) -> np.ndarray:
    """-dloss/dtheta, per radian, at these angles (radians) from the own weight towards a neighbour's; |x| = 4."""
    places = on_circle(np.pi / 2 + angles).T
    towards = np.stack((places[:, 1], -places[:, 0]), axis=1)
    return LENGTH * np.sum(pull(LENGTH * places, 0, directions(), spec) * towards, axis=1)
