"""The feature space of one snapshot: points, class directions with badges, rings around errors."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from training.metrics import unit
from training.snapshot import Run, Snapshot, SplitName
from viz.dots import Dots
from viz.geometry import BADGE_RING, UNIT_RING, badge_places, flatten, half_height
from viz.style import Style, badge_points, class_colors, readable_on, shown

LAYERS = 8
RIM_LAYERS = 3
SPAN_POINTS = 228.0
MANY_ERRORS = 150
MANY_POINTS = 4000
LONGEST_BADGE = 11


class Scatter:
    """Artists made once; `widen(run)` sets the limits for a whole run, `show(snapshot)` moves the artists."""

    def __init__(self, ax: Axes, run: Run, split: SplitName, style: Style):
        self.ax, self.split = ax, split
        colors = class_colors(len(run.class_names))
        labels = run.snapshots[0].points(split).labels
        self.dots = Dots(ax, labels, colors, 2.0 if len(labels) > MANY_POINTS else 2.8, LAYERS)
        self.rim: Dots | None = None
        if run.spec.x_norm:
            self.rim = Dots(ax, labels, colors, 4.0, RIM_LAYERS)
        ring: dict[str, Any] = {
            "linestyle": "none",
            "marker": "o",
            "fillstyle": "none",
            "markersize": 5,
            "markeredgewidth": 0.7,
        }
        (self.errors,) = ax.plot([], [], color=style.colors.ink, zorder=3, **ring)
        self.lines = [ax.plot([], [], color=style.colors.ink, alpha=0.55, lw=1.1, zorder=4)[0] for _ in colors]
        self.draw_badges(style, colors, run.class_names)
        (self.circle,) = ax.plot([], [], color=style.colors.muted, lw=0.8, zorder=1)
        ax.set_axis_off()
        self.reach = 0.0
        self.widen(run)

    def widen(self, run: Run) -> None:
        """Limits that hold every snapshot of the run and what was held before; the unit circle in their scale."""
        self.reach = max(self.reach, half_height(run))
        height = self.ax.bbox.height / self.ax.bbox.width
        self.ax.set(xlim=(-self.reach / height, self.reach / height), ylim=(-self.reach, self.reach))
        if self.rim is not None:
            angle = np.linspace(0, 2 * np.pi, 361)
            self.circle.set_data(UNIT_RING * self.reach * np.cos(angle), UNIT_RING * self.reach * np.sin(angle))

    def draw_badges(self, style: Style, colors: list[str], names: tuple[str, ...]) -> None:
        size = badge_points(len(colors))
        self.gap = 1.08 * size / (BADGE_RING * SPAN_POINTS)
        self.badges = []
        for color, name in zip(colors, names, strict=True):
            box: dict[str, Any] = {"boxstyle": "circle,pad=0.25" if len(name) == 1 else "round,pad=0.3", "fc": color}
            box |= {"ec": style.colors.background, "lw": 1.5}
            weight: dict[str, Any] = {"color": readable_on(color), "fontsize": 0.62 * size, "fontweight": "bold"}
            place: dict[str, Any] = {"ha": "center", "va": "center_baseline", "zorder": 5}
            self.badges.append(self.ax.text(0, 0, shown(name, LONGEST_BADGE), bbox=box, **weight, **place))

    def show(self, snapshot: Snapshot, frame: int = 0) -> None:
        """Moves every artist to this snapshot; `frame` turns a 3-D space."""
        points = snapshot.points(self.split)
        features = flatten(points.features, frame)
        self.dots.show(features)
        if self.rim is not None:
            self.rim.show(UNIT_RING * self.reach * flatten(unit(points.features), frame))
        wrong = features[points.predictions != points.labels]
        self.errors.set_data(*wrong.T)
        self.errors.set_alpha(float(np.clip(np.sqrt(MANY_ERRORS / max(len(wrong), 1)), 0.15, 0.8)))
        tips = BADGE_RING * self.reach * flatten(unit(snapshot.class_weights), frame)
        places = BADGE_RING * self.reach * badge_places(snapshot.class_weights, self.gap, frame)
        for line, badge, tip, place in zip(self.lines, self.badges, tips, places, strict=True):
            knee = tip * (UNIT_RING / BADGE_RING)
            line.set_data([0, knee[0], place[0]], [0, knee[1], place[1]])
            badge.set_position((float(place[0]), float(place[1])))
