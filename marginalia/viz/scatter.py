"""The feature space of one snapshot: points, class directions with badges, rings around errors."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from marginalia.record.metrics import unit
from marginalia.record.snapshot import Run, Snapshot, SplitName
from marginalia.viz.badges import Badges
from marginalia.viz.camera import Camera
from marginalia.viz.class_colors import colors_of
from marginalia.viz.dots import BEHIND, Cloud
from marginalia.viz.geometry import (
    CLOUD_REACH,
    LOBE_HEIGHT,
    LOBED_REACH,
    UNIT_RING,
    class_means,
    depth,
    flatten,
)  # fmt: skip
from marginalia.viz.held_out import HeldOut
from marginalia.viz.lobes import Lobes
from marginalia.viz.projection import is_exact
from marginalia.viz.pull_field import PullField
from marginalia.viz.rings import Rings
from marginalia.viz.sectors import BEYOND, Sectors
from marginalia.viz.sphere import Globe
from marginalia.viz.style import Style, inches

USUAL_SPAN = 228.0
DARKEST_RING = 0.8
FAINT_RING = 0.15
FEW_RINGS = 400
RING_POINTS = 5
MANY_POINTS = 4000
SMALL = 3.5


def has_lobes(run: Run, style: Style) -> bool:
    """Whether lobes show where features point; with another camera than "follow", dots on the unit circle show it."""
    return run.dimension == 2 and style.camera != "fixed" and style.view in ("auto", "both") and is_exact(run)


def ring_opacity(places: np.ndarray, diameter: float) -> float:
    """How dark the rings at these places (K, 2) are, up to 0.8: paler where rings overlap, and where there are many."""
    if len(places) == 0:
        return DARKEST_RING
    _, crowds = np.unique(np.round(places / diameter), axis=0, return_counts=True)
    return DARKEST_RING * min(1, FEW_RINGS / len(places)) / float(np.median(np.repeat(crowds, crowds)))


class Scatter:
    """Artists made once; `widen(run)` sets the limits for a whole run, `show(snapshot)` moves the artists.

    Errors are ringed on the unit circle if it is there, else among the features: where the loss looks.
    Dots, lines and badges are sized for the axes they are drawn in. rings: how dark the rings of the moment are.
    marked: bool (N,), the points that are ringed instead of the errors.
    """

    rings = 0.0
    marked: np.ndarray | None = None

    def __init__(self, ax: Axes, run: Run, split: SplitName, style: Style):
        self.ax, self.split, self.spec = ax, split, run.spec
        self.overlays, self.say = style.overlays, style.words
        self.span = 36 * inches(ax)
        scale = min(1.0, self.span / USUAL_SPAN)
        colors = colors_of(run, style)
        self.directed = getattr(run, "directed", True)
        flat = run.dimension == 2
        lobed = has_lobes(run, style)
        self.camera = Camera(style.camera, LOBED_REACH if lobed else CLOUD_REACH)
        self.sectors = Sectors(ax, run, colors, style, LOBED_REACH if lobed else BEYOND) if flat else None
        self.lobes = Lobes(ax, colors, style, LOBED_REACH, LOBE_HEIGHT, scale, inches(ax) > SMALL) if lobed else None
        labels = run.snapshots[0].points(split).labels
        size = scale * (2.0 if len(labels) > MANY_POINTS else 2.8)
        self.dots = Cloud(ax, labels, colors, size, flat)
        self.pull = PullField(ax, run, style.pull, self.camera.disc, style) if style.pull else None
        self.globe = None if flat else Globe(ax, style)
        self.rim: Cloud | None = None
        if style.view_of(run.spec) in ("both", "circle") and not lobed:
            self.rim = Cloud(ax, labels, colors, 4.0 * scale, flat)
        ring: dict[str, Any] = {"linestyle": "none", "marker": "o", "fillstyle": "none"}
        self.ring_points = RING_POINTS * scale**0.5
        ring |= {"markersize": self.ring_points, "markeredgewidth": 0.7 * scale**0.5}
        (self.errors,) = ax.plot([], [], color=style.colors.ink, zorder=3, **ring)
        (self.errors_behind,) = ax.plot([], [], color=style.colors.ink, zorder=1.6, **ring)
        (self.centres,) = ax.plot([], [], "P", color=style.colors.ink, markersize=9 * scale**0.5, zorder=6)
        self.centres.set(markeredgecolor=style.colors.background, markeredgewidth=0.8)
        self.badges = Badges(ax, run, style, scale, self.span, LOBED_REACH if lobed else UNIT_RING)
        with_held_out = run.held_out_names and split == "test"
        self.held_out = HeldOut(ax, run, style, size, scale) if with_held_out else None
        (self.circle,) = ax.plot([], [], color=style.colors.muted, lw=0.8, zorder=1)
        ax.set_axis_off()
        ringed = style.camera != "fixed" and is_exact(run)
        self.lengths = Rings(ax, style, self.camera, scale, self.rim is None) if ringed else None
        self.widen(run)

    def widen(self, run: Run) -> None:
        """Limits that hold every snapshot of the run and what was held before; the unit circle in their scale."""
        self.camera.widen(run)
        self.reach = self.camera.reach
        wide, high = self.ax.bbox.width, self.ax.bbox.height
        across, up = self.reach * wide / min(wide, high), self.reach * high / min(wide, high)
        self.ax.set(xlim=(-across, across), ylim=(-up, up))
        self.across = across
        if self.rim is not None:
            angle = np.linspace(0, 2 * np.pi, 361)
            self.circle.set_data(UNIT_RING * self.reach * np.cos(angle), UNIT_RING * self.reach * np.sin(angle))

    def in_words(self, snapshot: Snapshot) -> str:
        """A line about the lengths of the features and the number beyond the rim; "" for a fixed camera."""
        return self.camera.in_words(snapshot, self.split, self.say)

    def show(self, snapshot: Snapshot, frame: float = 0) -> None:
        """Moves every artist to this snapshot; `frame` turns a 3-D space."""
        points = snapshot.points(self.split)
        seen_features = self.camera.seen(points.features, snapshot)
        self.dots.show(seen_features, frame)
        marked = flatten(seen_features, frame)
        if self.rim is not None:
            directions = UNIT_RING * self.reach * unit(points.features)
            marked = flatten(directions, frame)
            self.rim.show(directions, frame)
        if self.held_out is not None:
            self.held_out.show(snapshot, self.camera, self.rim is not None, frame)
        if self.globe is not None:
            self.globe.show(UNIT_RING * self.reach, frame)
        if self.sectors is not None:
            self.sectors.show(snapshot, self.camera)
        if self.pull is not None:
            self.pull.show(snapshot, self.camera)
        if "errors" in self.overlays:
            wrong = points.wrong if self.marked is None else self.marked
            front = depth(points.features, frame) >= 0
            opacity = ring_opacity(marked[wrong], self.ring_points * self.reach / self.span)
            self.rings = opacity if self.marked is None else DARKEST_RING
            for rings, seen, share in ((self.errors, front, 1.0), (self.errors_behind, ~front, BEHIND)):
                rings.set_data(*marked[wrong & seen].T)
                rings.set_alpha(share * self.rings)
        if "centres" in self.overlays:
            self.centres.set_data(*flatten(self.camera.seen(class_means(points), snapshot), frame).T)
        if not self.directed:
            self.badges.put(self.camera.seen(snapshot.class_weights, snapshot))
            return
        badges = self.badges.show(snapshot.class_weights, self.reach, self.across, frame)
        where = self.lobes.show(points, badges) if self.lobes is not None else None
        if self.lengths is not None:
            self.lengths.show(snapshot, where)
