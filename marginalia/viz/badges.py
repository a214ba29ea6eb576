"""The directions of the classes: a line and a badge with the name, or a dot where there are too many for names."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from marginalia.record.metrics import unit
from marginalia.record.snapshot import Run
from marginalia.viz.class_colors import colors_of, shown_classes
from marginalia.viz.geometry import BADGE_RING, badge_places, depth, flatten
from marginalia.viz.labels import families, shown_names
from marginalia.viz.style import Style, badge_points, readable_on

LONGEST_BADGE = 11
ROOM_BESIDE = 1.2
DOT_POINTS = 5
FRONT, BEHIND = 0.55, 0.2
FULL_RING = 0.9 * 2 * np.pi


class Badges:
    """Artists made once; `show(class_weights, …)` moves them. knee: radius where a line bends towards its badge."""

    def __init__(self, ax: Axes, run: Run, style: Style, scale: float, span: float, knee: float):
        colors, shown, names = colors_of(run, style), shown_classes(run, style), run.class_names
        self.ax, self.knee = ax, knee
        self.named = np.flatnonzero(shown)
        size = badge_points(max(1, len(self.named))) * scale**0.75
        self.gap = 1.08 * size / (BADGE_RING * span)
        line: dict[str, Any] = {"color": style.colors.ink, "alpha": FRONT, "lw": 1.1 * scale, "zorder": 4}
        self.lines = [ax.plot([], [], **line)[0] for _ in self.named]
        chosen = [(colors[label], names[label]) for label in self.named]
        self.badges = [self.badge(color, name, size, style) for color, name in zip(
            (color for color, _ in chosen), shown_names([name for _, name in chosen], LONGEST_BADGE), strict=True
        )]  # fmt: skip
        self.dots = None
        if not len(self.named):
            self.dots = ax.scatter(
                np.zeros(len(names)), np.zeros(len(names)), s=(DOT_POINTS * scale) ** 2, c=colors, zorder=4.3
            )
        widths = np.array([badge.get_window_extent().width for badge in self.badges]) + size * ROOM_BESIDE
        self.room = np.clip(1 - widths / ax.bbox.width, 0, 1)
        if any(len(badge.get_text()) > 1 for badge in self.badges):
            radius = BADGE_RING * min(ax.bbox.width, ax.bbox.height) / 2
            self.gap = max(self.gap, min(widths.max() / radius, FULL_RING / len(self.badges)))

    def badge(self, color: str, name: str, size: float, style: Style) -> Any:
        box: dict[str, Any] = {"boxstyle": "circle,pad=0.25" if len(name) == 1 else "round,pad=0.3", "fc": color}
        box |= {"ec": style.colors.background, "lw": 1.5}
        weight: dict[str, Any] = {"color": readable_on(color), "fontsize": 0.62 * size, "fontweight": "bold"}
        place: dict[str, Any] = {"ha": "center", "va": "center_baseline", "zorder": 5, "fontfamily": families(name)}
        return self.ax.text(0, 0, name, bbox=box, **weight, **place)

    def put(self, places: np.ndarray) -> None:
        """Badges at these places (C, 2), without lines, where directions say nothing."""
        for badge, place in zip(self.badges, places[self.named], strict=True):
            badge.set_position((float(place[0]), float(place[1])))
        if self.dots is not None:
            self.dots.set_visible(False)

    def show(self, class_weights: np.ndarray, reach: float, across: float, frame: float) -> np.ndarray:
        """class_weights: (C, D). Returns the directions in which badges or dots stand, radians."""
        tips = BADGE_RING * reach * flatten(unit(class_weights), frame)
        if self.dots is not None:
            self.dots.set_offsets(tips)
            return np.arctan2(tips[:, 1], tips[:, 0])
        weights = class_weights[self.named]
        tips, there = tips[self.named], np.linalg.norm(weights, axis=1) > 0
        places = BADGE_RING * reach * badge_places(weights, self.gap, frame)
        places[:, 0] = np.clip(places[:, 0], -across * self.room, across * self.room)
        near = depth(weights, frame) >= 0
        for line, badge, tip, place, front, shown in zip(
            self.lines, self.badges, tips, places, near, there, strict=True
        ):
            line.set_visible(shown)
            badge.set_visible(shown)
            line.set_alpha(FRONT if front else BEHIND)
            badge.set_zorder(5 if front else 4.5)
            knee = tip * (self.knee / BADGE_RING)
            line.set_data([0, knee[0], place[0]], [0, knee[1], place[1]])
            badge.set_position((float(place[0]), float(place[1])))
        return np.arctan2(places[:, 1], places[:, 0])
