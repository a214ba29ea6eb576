"""The small charts of a slide: angles to the own class, and test accuracy so far."""

from __future__ import annotations

import textwrap

import numpy as np
from matplotlib.axes import Axes

from marginalia.record.metrics import target_angles
from marginalia.record.snapshot import Run, Snapshot, SplitName
from marginalia.viz.class_colors import colors_of
from marginalia.viz.labels import families
from marginalia.viz.numbers import in_degrees, in_percent
from marginalia.viz.sectors import polygons
from marginalia.viz.style import Style

WIDEST = 40.0
LEAST_TICK = 0.35
BIN = 1.0
SECONDARY = 18
NO_BREAK, WIDEST_NOTE = "\N{NO-BREAK SPACE}", 12
NINES = (0.0, 0.9, 0.99)


class AngleHistogram:
    """Angles of the features to the weight of their own class, a bar stacked of all classes a degree.

    Shares of all points; the last bar holds everything beyond 40 degrees. Limits are those of the run after its
    first snapshot, without the last bar; a bar that is cut says how tall it is.
    Beside it the mean, and the share that satisfies the margin.
    """

    def __init__(self, ax: Axes, run: Run, split: SplitName, style: Style):
        self.split, self.spec, self.classes = split, run.spec, len(run.class_names)
        self.say = style.words
        self.ax = ax
        colors = colors_of(run, style)
        bins = int(WIDEST / BIN) + 1
        self.left = BIN * np.arange(bins)
        self.bars = polygons(ax, zorder=2)
        self.bars.set_facecolor([color for color in colors for _ in range(bins)])
        trained = run.snapshots[1:] or run.snapshots
        self.top = 1.02 * max(stacked(s, split, self.classes)[-1, :-1].max() for s in trained) or 1.0
        ax.set(xlim=(0, WIDEST + BIN), ylim=(0, self.top), yticks=[])
        ax.set_xticks([0, 20, WIDEST + BIN], ["0°", "20°", ">40°"])
        ax.get_xticklabels()[-1].set_horizontalalignment("right")
        quiet(ax, style)
        self.cut = ax.text(
            WIDEST + BIN, self.top, "", ha="right", va="bottom", fontsize=SECONDARY, color=style.colors.muted
        )
        self.mean = ax.text(
            0.93, 0.98, "", transform=ax.transAxes, ha="right", va="top", fontsize=18, color=style.colors.ink
        )

    def show(self, snapshot: Snapshot) -> None:
        tops = stacked(snapshot, self.split, self.classes)
        bottoms = np.vstack((np.zeros_like(tops[:1]), tops[:-1]))
        left = np.broadcast_to(self.left, tops.shape)
        corners = ((left, bottoms), (left + BIN, bottoms), (left + BIN, tops), (left, tops))
        boxes = np.stack([np.stack(corner, axis=-1) for corner in corners], axis=2).reshape(-1, 4, 2)
        self.bars.set_verts(list(boxes))
        tallest = tops[-1].max()
        self.cut.set_text(f"↑ {100 * tallest:.0f} %" if tallest > self.top else "")
        points, weights = snapshot.measured.points(self.split), snapshot.measured.class_weights
        lines = [self.say("mean {}", in_degrees(target_angles(points, weights).mean()))]
        if self.spec.has_margin:
            kept = snapshot.metric(f"{self.split}_margin_accuracy")
            lines += textwrap.wrap(
                self.say("margin kept by {}", in_percent(kept, 1).replace(" ", NO_BREAK)), WIDEST_NOTE
            )
        text = "\n".join(lines)
        self.mean.set(text=text, fontfamily=families(text))


def stacked(snapshot: Snapshot, split: SplitName, classes: int) -> np.ndarray:
    """Tops of the bars, shares of all points: classes stacked downwards, bins to the right, (C, bins)."""
    points = snapshot.points(split)
    bins = int(WIDEST / BIN) + 1
    chosen = np.minimum(target_angles(points, snapshot.class_weights) / BIN, bins - 1).astype(np.int64)
    counts = np.bincount(points.labels * bins + chosen, minlength=classes * bins).reshape(classes, bins)
    return counts.cumsum(axis=0) / len(chosen)


class AccuracyCurve:
    """Test accuracy of the snapshots so far; the axis is stretched towards 100 %, an equal step for every nine."""

    def __init__(self, ax: Axes, run: Run, split: SplitName, style: Style):
        self.epochs = np.array([snapshot.epoch for snapshot in run.snapshots])
        self.nines = nines(np.array([snapshot.points(split).accuracy for snapshot in run.snapshots]))
        last = self.epochs[-1] or 1.0
        (self.line,) = ax.plot([], [], color=style.colors.ink, lw=2)
        (self.now,) = ax.plot([], [], "o", color=style.colors.ink, markersize=7, clip_on=False)
        top = max(2.3, 1.05 * self.nines.max())
        shares = [share for share in NINES if share == 0 or nines(np.array(share)) >= LEAST_TICK * top]
        ax.set(xlim=(0, 1.02 * last), ylim=(0, top), yticks=nines(np.array(shares)))
        ax.set_yticklabels([f"{100 * share:g} %" for share in shares])
        end = style.words("epoch {}", f"{last:g}") if self.epochs[-1] else ""
        ax.set_xticks([0, last], ["0", end], fontfamily=families(end))
        ax.get_xticklabels()[0].set_horizontalalignment("left")
        ax.get_xticklabels()[1].set_horizontalalignment("right")
        quiet(ax, style)
        ax.grid(axis="y", color=style.colors.muted, alpha=0.25, lw=0.8)

    def show(self, snapshot: Snapshot) -> None:
        past = self.epochs <= snapshot.epoch + 1e-9
        self.line.set_data(self.epochs[past], self.nines[past])
        self.now.set_data(self.epochs[past][-1:], self.nines[past][-1:])


def nines(accuracy: np.ndarray) -> np.ndarray:
    """0 for 0 %, 1 for 90 %, 2 for 99 %; at most 4."""
    return -np.log10(np.clip(1 - accuracy, 1e-4, 1))


def quiet(ax: Axes, style: Style) -> None:
    """Leaves only the bottom line of the frame and small muted ticks, without a background."""
    ax.patch.set_visible(False)
    for side in ("left", "right", "top"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color(style.colors.muted)
    ax.tick_params(colors=style.colors.muted, labelsize=SECONDARY, length=0)
