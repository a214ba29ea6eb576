"""Points of classes that were held out of training: crosses among the dots, with their names on empty badges."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from marginalia.record.metrics import unit
from marginalia.record.snapshot import Run, Snapshot
from marginalia.viz.camera import Camera
from marginalia.viz.geometry import UNIT_RING, flatten, spread
from marginalia.viz.labels import families, shown_names
from marginalia.viz.style import Style

LONGEST_NAME = 11
LEAST_GAP = 0.35
NEAREST, FARTHEST = 0.2, 0.7
OUTSIDE = 1.045


class HeldOut:
    """Artists made once; `show(snapshot)` moves them.

    A cross in the colour of the text, since any grey is near a class's colour in some palette. A badge is at the mean
    of its class. On the unit circle crosses would cover other classes: they stand just outside.
    """

    def __init__(self, ax: Axes, run: Run, style: Style, size: float, scale: float):
        cross: dict[str, Any] = {"linestyle": "none", "marker": "x", "color": style.colors.ink, "rasterized": True}
        (self.crosses,) = ax.plot([], [], markersize=1.5 * size, markeredgewidth=0.3 * size, alpha=0.5, **cross)
        (self.rim,) = ax.plot([], [], markersize=1.8 * size, markeredgewidth=0.3 * size, alpha=0.35, **cross)
        self.crosses.set_zorder(2.5)
        self.rim.set_zorder(2.5)
        box: dict[str, Any] = {"boxstyle": "round,pad=0.25", "fc": style.colors.background, "ec": style.colors.ink}
        text: dict[str, Any] = {"color": style.colors.ink, "fontsize": 13 * scale**0.75, "fontweight": "bold"}
        place: dict[str, Any] = {"ha": "center", "va": "center_baseline", "zorder": 5.5}
        self.badges = [
            ax.text(0, 0, name, bbox=box, fontfamily=families(name), **text, **place)
            for name in shown_names(run.held_out_names, LONGEST_NAME)
        ]

    def show(self, snapshot: Snapshot, camera: Camera, on_rim: bool, frame: float) -> None:
        """on_rim: whether the unit circle is drawn too."""
        held_out, reach = snapshot.held_out, camera.reach
        if held_out is None:
            return
        seen_as = flatten(camera.seen(held_out.features, snapshot), frame)
        self.crosses.set_data(*seen_as.T)
        if on_rim:
            self.rim.set_data(*flatten(OUTSIDE * UNIT_RING * reach * unit(held_out.features), frame).T)
        mine = [seen_as[held_out.labels == label] for label in range(len(self.badges))]
        means = np.array([points.mean(axis=0) if len(points) else (0, 0) for points in mine])
        angles = spread(np.arctan2(means[:, 1], means[:, 0]), LEAST_GAP)
        lengths = np.clip(np.linalg.norm(means, axis=1), NEAREST * reach, FARTHEST * reach)
        for badge, angle, length in zip(self.badges, angles, lengths, strict=True):
            badge.set_position((float(length * np.cos(angle)), float(length * np.sin(angle))))
