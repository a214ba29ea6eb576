"""The regions of the classes as pale sectors, and the margin between them hatched."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgba
from matplotlib.patches import Circle

from marginalia.record.snapshot import Run, Snapshot
from marginalia.viz.camera import Camera
from marginalia.viz.regions import TURN, Arc, convex_regions, decision_arcs, on_circle, training_arcs
from marginalia.viz.style import Style

TINT = {"light": 0.17, "dark": 0.24}
HATCH = "--"
BOUNDARY = 1.5
BEYOND = 1.6
TOUCHING = 1e-9
ARC_STEP = np.radians(4)
CONVEX = ("cells", "polygons")


class Sectors:
    """Artists made once; `show(snapshot, camera)` reshapes them. farthest: where they end."""

    def __init__(self, ax: Axes, run: Run, colors: list[str], style: Style, farthest: float = BEYOND):
        self.farthest, self.run = farthest, run
        self.spec, self.kind, self.wanted = run.spec, run.regions, style.overlays
        self.tints = [to_rgba(color, TINT[style.theme]) for color in colors]
        self.regions, self.margin = polygons(ax, zorder=0, linewidths=BOUNDARY), polygons(ax, zorder=0.5)
        self.regions.set_edgecolor(style.colors.background)
        if self.kind in CONVEX and farthest < BEYOND:
            self.regions.set_clip_path(Circle((0, 0), farthest, transform=ax.transData))
        self.margin.set(hatch=HATCH, facecolor=to_rgba(style.colors.background, 0.35))
        self.margin.set_edgecolor(to_rgba(style.colors.muted, 0.32))

    def show(self, snapshot: Snapshot, camera: Camera) -> None:
        """Regions of this snapshot, out to `farthest`."""
        class_weights, reach = snapshot.class_weights, camera.reach
        if self.kind == "none":
            return
        if self.kind in CONVEX:
            if "regions" in self.wanted:
                scale = camera.scale(snapshot)  # on a logarithmic one their sides are not straight: none are drawn
                seen = [] if scale is None else convex_regions(snapshot, self.run, scale, BEYOND * reach)
                self.regions.set_verts(seen)
                self.regions.set_facecolor(self.tints)
            return
        if "regions" in self.wanted:
            arcs = decision_arcs(class_weights, self.spec)
            self.regions.set_verts([wedge(arc, self.farthest * reach) for arc in arcs])
            self.regions.set_facecolor([self.tints[arc.label] for arc in arcs])
        if "margin" in self.wanted and self.spec.has_margin:
            gaps = between(training_arcs(class_weights, self.spec))
            self.margin.set_verts([wedge(arc, self.farthest * reach) for arc in gaps])


def polygons(ax: Axes, zorder: float, linewidths: float = 0) -> PolyCollection:
    """An empty collection of polygons in these axes, to be filled with `set_verts`."""
    collection = PolyCollection([], linewidths=linewidths, zorder=zorder)
    ax.add_collection(collection, autolim=False)
    return collection


def between(arcs: list[Arc]) -> list[Arc]:
    """What the arcs leave free of the circle, labelled with the arc before it; the whole circle if there are none.

    Arcs that touch but for rounding leave nothing.
    """
    if not arcs:
        return [Arc(0.0, TURN, 0)]
    ordered = sorted(arcs, key=lambda arc: arc.start)
    gaps = []
    for arc, following in zip(ordered, [*ordered[1:], ordered[0]], strict=True):
        end = arc.start + arc.width
        width = (following.start - end) % TURN if len(ordered) > 1 else TURN - arc.width
        if TOUCHING < width < TURN - TOUCHING:
            gaps.append(Arc(end % TURN, width, arc.label))
    return gaps


def wedge(arc: Arc, radius: float, inner: float = 0.0) -> np.ndarray:
    """The corners of a sector, or of a piece of a ring if `inner` is not 0, (K, 2)."""
    angles = np.linspace(arc.start, arc.start + arc.width, 2 + int(arc.width / ARC_STEP))
    rim = radius * on_circle(angles).T
    return np.concatenate((rim, inner * on_circle(angles[::-1]).T if inner else np.zeros((1, 2))))
