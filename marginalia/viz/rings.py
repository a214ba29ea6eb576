"""Circles of constant |x|, with their lengths, so that growth can be read where the camera follows it."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from marginalia.record.metrics import unit
from marginalia.record.snapshot import Snapshot
from marginalia.viz.camera import MOST_RINGS, Camera, widest_gap
from marginalia.viz.style import Style

POINTS = 12
MILLION = 1e6
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def round_length(length: float) -> str:
    """1, 2 or 5 times a power of ten: "0.5", "20,000", from a million on "2·10⁶"."""
    if length < MILLION:
        return f"{length:,g}"
    digit, exponent = f"{length:.0e}".split("e+")
    return f"{digit}·10{str(int(exponent)).translate(SUPERSCRIPTS)}"


class Rings:
    """Artists made once; `show(snapshot)` moves them. with_rim: the rim of the disc is drawn too."""

    def __init__(self, ax: Axes, style: Style, camera: Camera, scale: float, with_rim: bool):
        self.camera, self.with_rim = camera, with_rim
        line: dict[str, Any] = {"color": style.colors.muted, "lw": 0.8 * scale, "alpha": 0.6, "zorder": 1}
        self.circles = [ax.plot([], [], **line)[0] for _ in range(MOST_RINGS + 1)]
        box: dict[str, Any] = {"boxstyle": "round,pad=0.15", "fc": style.colors.background, "ec": "none", "alpha": 0.75}
        text: dict[str, Any] = {"color": style.colors.ink, "fontsize": POINTS * scale**0.5, "bbox": box}
        place: dict[str, Any] = {"ha": "center", "va": "center_baseline", "zorder": 4.2}
        self.labels = [ax.text(0, 0, "", **text, **place) for _ in range(MOST_RINGS)]

    def show(self, snapshot: Snapshot, where: float | None = None) -> None:
        """Moves the circles; their numbers stand in this direction, or in the widest gap between the class weights."""
        angle = np.linspace(0, 2 * np.pi, 181)
        unit_circle = np.stack((np.cos(angle), np.sin(angle)))
        if self.with_rim:
            self.circles[-1].set_data(*(self.camera.disc * unit_circle))
        rings = self.camera.rings(snapshot)
        flat = snapshot.dimension == 2
        if where is None:
            where = widest_gap(unit(snapshot.class_weights)) if flat else np.pi / 4
        for number, (circle, label) in enumerate(zip(self.circles, self.labels, strict=False)):
            length, radius = rings[number] if number < len(rings) else (np.nan, np.nan)
            circle.set_data(*(radius * unit_circle))
            label.set_visible(number < len(rings))
            if number < len(rings):
                label.set_text(round_length(length))
                label.set_position((float(radius * np.cos(where)), float(radius * np.sin(where))))
