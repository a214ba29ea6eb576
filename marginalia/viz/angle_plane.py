"""Any number of dimensions and classes in one plane, exactly: how far each point is from its class and the next one."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from marginalia.core.errors import InputError
from marginalia.core.margin import psi
from marginalia.record.metrics import unit
from marginalia.record.snapshot import Run, Snapshot, SplitName
from marginalia.viz.class_colors import colors_of
from marginalia.viz.dots import Dots
from marginalia.viz.drawable import require_drawable
from marginalia.viz.frames import (
    LEFT,
    LONGEST_NUMBERS,
    LONGEST_TITLE,
    RIGHT,
    accuracy_in_words,
    errors_in_words,
    numbers,
)
from marginalia.viz.labels import families, shown
from marginalia.viz.numbers import in_epochs
from marginalia.viz.projection import has_weights, note_of, with_means
from marginalia.viz.regions import effective
from marginalia.viz.sheet import LINES, RunSheet, write
from marginalia.viz.style import Style, inches
from marginalia.viz.time_line import TimeLine

SIZE, MANY, SMALL_SIZE = 3.4, 4000, 2.6
INSIDE, ROOM = 0.995, 0.04
FULL_INCHES = 5.0
RIGHT_TINT = 0.06
AXES = {
    "weight": ("angle to the weight of its class", "angle to the nearest other weight"),
    "mean": ("angle to the mean of its class", "angle to the nearest other mean"),
    "logit": ("logit of its class", "largest logit of another class"),
}
TICKS = (0, 30, 60, 90, 120, 150, 180)


class Angles:
    """A dot a point: the angle to the weight of its class across, that to the nearest other weight upwards, degrees.

    Artists made once; `show(snapshot)` moves them. A point is right above the diagonal, and satisfies the margin above
    the dashed line. Where lengths or a bias decide too, the logits w . x + b take the place of the angles: a point is
    right below the diagonal.
    """

    def __init__(self, ax: Axes, run: Run, split: SplitName, style: Style):
        self.ax, self.split, self.style, self.say = ax, split, style, style.words
        self.scale = min(1.0, inches(ax) / FULL_INCHES) ** 0.7
        self.run = run if has_weights(run) else with_means(run, split)
        self.by_angle = self.run.regions == "none" or (self.run.regions == "sectors" and self.run.spec.w_norm)
        labels = run.snapshots[0].points(split).labels
        self.dots = Dots(ax, labels, colors_of(run, style), SIZE if len(labels) < MANY else SMALL_SIZE)
        self.dress()
        self.set_limits()

    def show(self, snapshot: Snapshot) -> None:
        """snapshot: of the run in `self.run`."""
        self.dots.show(np.stack(self.values(snapshot), axis=1))

    def dress(self) -> None:
        ax, colors = self.ax, self.style.colors
        what = ("mean" if note_of(self.run) else "weight") if self.by_angle else "logit"
        ax.set_facecolor(colors.background)
        across, upwards = map(self.say, AXES[what])
        ax.set_xlabel(across, fontsize=16 * self.scale, color=colors.ink, fontfamily=families(across))
        ax.set_ylabel(upwards, fontsize=16 * self.scale, color=colors.ink, fontfamily=families(upwards))
        ax.tick_params(colors=colors.muted, labelsize=14 * self.scale, length=0)
        ax.grid(True, color=colors.muted, alpha=0.2, lw=0.8)
        for side, spine in ax.spines.items():
            spine.set_visible(side in ("left", "bottom"))
            spine.set_color(colors.muted)

    def set_limits(self) -> None:
        """Limits that hold nearly all points of all snapshots, and the lines in them."""
        every = np.concatenate([np.concatenate(self.values(snapshot)) for snapshot in self.run.snapshots])
        low, high = np.quantile(every, (1 - INSIDE, INSIDE)) + ROOM * np.ptp(every) * np.array((-1, 1))
        if self.by_angle:
            low, high = 0.0, min(180.0, high)
            ticks = [tick for tick in TICKS if tick <= high]
            self.ax.set_xticks(ticks, [f"{tick}°" for tick in ticks])
            self.ax.set_yticks(ticks, [f"{tick}°" for tick in ticks])
        self.ax.set(xlim=(low, high), ylim=(low, high))
        self.draw_lines(float(low), float(high))

    def draw_lines(self, low: float, high: float) -> None:
        """The decision on the diagonal, the side that is right, and the margin."""
        colors, words = self.style.colors, (self.say("decision"), self.say("margin"))
        right = high if self.by_angle else low
        self.ax.fill_between([low, high], [low, high], [right, right], color=colors.ink, alpha=RIGHT_TINT, lw=0)
        self.ax.plot([low, high], [low, high], color=colors.ink, lw=2, zorder=3)
        text: dict[str, Any] = {"fontsize": 14 * self.scale, "color": colors.ink, "rotation": 40, "ha": "right"}
        text |= {"zorder": 4, "rotation_mode": "anchor", "fontfamily": families("".join(words))}
        end = high - 0.03 * (high - low)
        self.ax.text(end, end, words[0], va="top" if self.by_angle else "bottom", **text)
        if not self.by_angle or not self.run.spec.has_margin:
            return
        theta = np.radians(np.linspace(low, high, 400))
        target = psi(theta, self.run.spec)
        inside = np.abs(target) <= 1
        across, margin = np.degrees(theta[inside]), np.degrees(np.arccos(target[inside]))
        self.ax.plot(across, margin, color=colors.ink, lw=2, ls=(0, (4, 2)), zorder=3)
        seen = np.flatnonzero(margin < 0.9 * high)
        if len(seen):
            self.ax.text(across[seen[-1]], margin[seen[-1]], words[1], va="bottom", **text)

    def values(self, snapshot: Snapshot) -> tuple[np.ndarray, np.ndarray]:
        """What is across and upwards of each point, (N,) twice."""
        points, weights = snapshot.points(self.split), snapshot.class_weights
        if self.by_angle:
            target, other = target_and_other(unit(points.features), unit(weights), None, points.labels)
            return in_degrees(target), in_degrees(other)
        weights = effective(weights, self.run.spec)
        bias = -np.sum(weights**2, axis=1) / 2 if self.run.regions == "cells" else snapshot.bias
        return target_and_other(points.features, weights, bias, points.labels)


class AnglePlane(RunSheet):
    """The `Angles` of a run, one frame a snapshot."""

    def __init__(self, run: Run, split: SplitName, style: Style):
        require_drawable(run, split)
        if style.projection != "means":
            raise InputError(f"the plane of angles shows the whole space; leave projection {style.projection} out")
        super().__init__(LINES, style, run, split)
        self.angles = Angles(self.axes(92, 118, 560, 500), run, split, style)
        self.run = self.angles.run
        title = shown(run.lossname, LONGEST_TITLE)
        self.text(LEFT, 680, title, 22 * min(1, 18 / len(title)), fontweight="bold")
        said = numbers(self.run)
        self.text(LEFT, 647, said, 15 * min(1, LONGEST_NUMBERS / max(1, len(said))), muted=True)
        self.epoch = self.text(RIGHT, 680, "", 22, fontweight="bold", ha="right")
        self.accuracy = self.text(RIGHT, 647, "", 18, ha="right")
        self.errors = self.text(RIGHT, 626, "", 14, muted=True, ha="right")
        self.time = TimeLine(self, LEFT + 8, RIGHT - 10, 40, run) if len(run.snapshots) > 1 else None

    def show(self, number: int) -> None:
        snapshot = self.run.snapshots[number]
        points = snapshot.points(self.split)
        self.angles.show(snapshot)
        write(self.epoch, self.say("epoch {}", in_epochs(snapshot.epoch)))
        write(self.accuracy, accuracy_in_words(points, self.run, self.split, self.say))
        write(self.errors, errors_in_words(points, 0.0, self.say))
        if self.time is not None:
            self.time.show(snapshot)


def in_degrees(cosines: np.ndarray) -> np.ndarray:
    return np.degrees(np.arccos(np.clip(cosines, -1, 1)))


def target_and_other(
    features: np.ndarray, weights: np.ndarray, bias: np.ndarray | None, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """w . x + b of each point's class, and the largest of the other classes, (N,) twice."""
    logits = features @ weights.T + (0 if bias is None else bias)
    rows = np.arange(len(labels))
    target = logits[rows, labels].copy()
    logits[rows, labels] = -np.inf
    logits[:, ~weights.any(axis=1)] = -np.inf  # a class without points has no mean
    return target, logits.max(axis=1)
