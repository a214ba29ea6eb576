"""The unit circle: how dense the directions of each class are along it, and the arcs that training asks for."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba

from marginalia.record.metrics import unit
from marginalia.record.snapshot import Run, Snapshot, SplitName
from marginalia.viz.class_colors import colors_of
from marginalia.viz.geometry import spread
from marginalia.viz.labels import families, shown_names
from marginalia.viz.lobes import ANGLES, Lobes, densities
from marginalia.viz.regions import TURN, decision_arcs, on_circle, training_arcs
from marginalia.viz.sectors import polygons, wedge
from marginalia.viz.style import Style, inches

USUAL_INCHES = 2.8
LOBE = 0.5
LINES = ("-", "--", ":", "-.")
REACH = 1.56
RING = (0.93, 1.0)
NAME_RING = 0.78
MOST_NAMES = 15
LONGEST_NAME = 3
LONGEST_IF_SMALL = 2
BADGE_GAP, FARTHEST_BADGE = 0.17, 1.42
BADGE_ANGLE = 0.2
FARTHEST_NAME = np.radians(8)


class Circle:
    """Artists made once; `show(snapshot)` moves them. For a 2-D space.

    Lobes stand on the circle where the directions of a class are, see `lobes.Lobes`. The ring inside holds the arcs
    in which a class wins with its margin; the gaps in it are the margin. Where a class wins by distance there are none.
    A name that finds no room near its direction is left out. Classes that were not trained are outlines.
    """

    rings = 0.0
    marked: np.ndarray | None = None  # it shows no single points

    def __init__(self, ax: Axes, run: Run, split: SplitName, style: Style):
        self.spec, self.regions, self.split = run.spec, run.regions, split
        classes = len(run.class_names)
        self.colors = [to_rgba(color) for color in colors_of(run, style)]
        scale = min(1.0, inches(ax) / USUAL_INCHES)
        angle = np.linspace(0, TURN, 361)
        ax.plot(np.cos(angle), np.sin(angle), color=style.colors.muted, lw=0.8, zorder=3)
        self.ring = polygons(ax, zorder=1)
        labelled = inches(ax) > USUAL_INCHES
        self.lobes = Lobes(ax, colors_of(run, style), style, 1, LOBE, scale, labelled)
        self.spokes = [ax.plot([], [], color=color, lw=1.6 * scale, zorder=1)[0] for color in self.colors]
        outline: dict[str, Any] = {"color": style.colors.ink, "lw": 1.4 * scale, "zorder": 2.5}
        held_out = run.held_out_names if split == "test" else ()
        self.held_out = [ax.plot([], [], linestyle=line, **outline)[0] for _, line in zip(held_out, cycle(LINES))]
        small = inches(ax) < USUAL_INCHES
        room = classes <= MOST_NAMES and not (small and max(map(len, run.class_names)) > LONGEST_IF_SMALL)
        names = shown_names(run.class_names, LONGEST_NAME) if room else []
        text: dict[str, Any] = {
            "color": style.colors.ink,
            "fontsize": 17 * scale,
            "ha": "center",
            "va": "center_baseline",
        }
        box: dict[str, Any] = {"boxstyle": "circle,pad=0.05", "fc": style.colors.background, "ec": "none"}
        self.names = [ax.text(0, 0, name, bbox=box, zorder=4, fontfamily=families(name), **text) for name in names]
        box = {"boxstyle": "round,pad=0.15", "fc": style.colors.background, "ec": style.colors.ink}
        self.badges = [
            ax.text(0, 0, name, bbox=box, zorder=5, fontfamily=families(name), **text)
            for name in shown_names(held_out, LONGEST_NAME)
        ]
        wide, high = ax.bbox.width, ax.bbox.height
        across, up = REACH * wide / min(wide, high), REACH * high / min(wide, high)
        ax.set(xlim=(-across, across), ylim=(-up, up))
        ax.set_axis_off()

    def widen(self, run: Run) -> None:
        """Does nothing: a unit circle has the same limits for every run."""

    def in_words(self, snapshot: Snapshot) -> str:
        """Nothing: there are no lengths."""
        return ""

    def show(self, snapshot: Snapshot, frame: float = 0) -> None:
        """Moves every artist to this snapshot; a flat space does not turn, whatever the frame."""
        directions = unit(snapshot.class_weights)
        arcs = (training_arcs if self.spec.has_margin else decision_arcs)(snapshot.class_weights, self.spec)
        arcs = arcs if self.regions == "sectors" else []
        self.ring.set_verts([wedge(arc, RING[1], RING[0]) for arc in arcs])
        self.ring.set_facecolor([self.colors[arc.label] for arc in arcs])
        self.lobes.show(snapshot.points(self.split), np.arctan2(directions[:, 1], directions[:, 0]))
        if self.held_out and snapshot.held_out:
            self.show_held_out(self.lobes.reach(densities(snapshot.held_out, len(self.held_out))))
        for spoke, (x, y) in zip(self.spokes, directions, strict=True):
            spoke.set_data([0, RING[0] * x], [0, RING[0] * y])
        if self.names:
            places = spread(np.arctan2(directions[:, 1], directions[:, 0]), TURN / (MOST_NAMES + 1))
            near = np.sum(directions * on_circle(places).T, axis=1) > np.cos(FARTHEST_NAME)
            for name, (x, y), there in zip(self.names, NAME_RING * on_circle(places).T, near, strict=True):
                name.set(position=(float(x), float(y)), visible=bool(there))

    def show_held_out(self, radii: np.ndarray) -> None:
        """Draws each outline (C, BINS) where it leaves the circle, and its badge beyond the peak."""
        outlines = radii[:, :, None] * on_circle(ANGLES).T
        peaks = outlines[np.arange(len(outlines)), radii.argmax(axis=1)]
        reach = np.minimum(radii.max(axis=1) + BADGE_GAP, FARTHEST_BADGE)
        places = reach[:, None] * on_circle(spread(np.arctan2(peaks[:, 1], peaks[:, 0]), BADGE_ANGLE)).T
        seen = np.where((radii > 1)[:, :, None], outlines, np.nan)
        for line, badge, outline, place in zip(self.held_out, self.badges, seen, places, strict=True):
            line.set_data(*outline.T)
            badge.set_position((float(place[0]), float(place[1])))
