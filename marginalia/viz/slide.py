"""The slide, 16:9: the scatter on the left, what it means on the right."""

from __future__ import annotations

import textwrap
from typing import Any

from marginalia.record.snapshot import Run, SplitName
from marginalia.viz.circle import Circle
from marginalia.viz.formula import in_training
from marginalia.viz.frames import errors_in_words, feature_space, legend, name_of
from marginalia.viz.labels import shown
from marginalia.viz.numbers import in_epochs, in_percent
from marginalia.viz.panels import SECONDARY, AccuracyCurve, AngleHistogram
from marginalia.viz.projection import is_exact
from marginalia.viz.scatter import Scatter
from marginalia.viz.sheet import LINES, WIDTH, SpaceSheet, write
from marginalia.viz.style import Style

LEFT, RIGHT = 752, 1252
LONGEST_TITLE = 24
FORMULA, LONGEST_LINE = 19, 38


class Slide(SpaceSheet):
    """A run, one frame a snapshot."""

    def __init__(self, run: Run, split: SplitName, style: Style):
        super().__init__(WIDTH, style, run, split)
        run = self.run
        self.scatter = feature_space(self, (0, 0, LINES, LINES), run, split)
        self.panels: list[Any] = []
        if is_exact(run):
            self.panels.append(AngleHistogram(self.axes(1044, 196, 208, 208), run, split, style))
            self.text(RIGHT, 146, self.say("angle to own class"), SECONDARY, muted=True, ha="right")
        if run.snapshots[0].points(split).predictions is not None:
            self.panels.append(AccuracyCurve(self.axes(832, 44, 420, 64), run, split, style))
            self.text(832, 112, self.say("{} accuracy", name_of(split, self.say)), SECONDARY, muted=True)
        if run.dimension == 2 and is_exact(run):
            small = Scatter if isinstance(self.scatter, Circle) else Circle
            self.panels.append(small(self.axes(738, 170, 276, 276), run, split, style))
            what = self.say("features" if small is Scatter else "directions")
            self.text(876, 146, what, SECONDARY, muted=True, ha="center")
        title = shown(run.lossname, LONGEST_TITLE)
        self.text(LEFT, 664, title, 32 * min(1, 16 / len(title)), fontweight="bold")
        target, others = in_training(run, self.say)
        self.formula(618, target)
        self.formula(582, others, muted=True)
        self.accuracy = self.text(LEFT, 538, "", 24, fontweight="bold")
        self.epoch = self.text(RIGHT, 538, "", 20, ha="right")
        self.note = self.text(LEFT, 507, "", SECONDARY, muted=True)
        lines = [line for words in legend(run, split, style)[:2] for line in textwrap.wrap(words, LONGEST_LINE)]
        for row, words in enumerate(lines[:2]):
            self.text(LEFT, 480 - 27 * row, words, SECONDARY, muted=True)

    def formula(self, height: float, content: str, muted: bool = False) -> None:
        """Words, then mathematics, as two texts, since mathtext would set the words in its own fonts."""
        words, dollar, rest = content.partition("$")
        said = self.text(LEFT, height, words.rstrip(), FORMULA, muted=muted)
        right = said.get_window_extent().x1 / self.figure.bbox.width * WIDTH
        self.text(right + 14, height, dollar + rest, FORMULA, muted=muted)

    def show(self, number: int) -> None:
        snapshot = self.run.snapshots[number]
        points = snapshot.points(self.split)
        self.scatter.show(snapshot, number * self.pace)
        for panel in self.panels:
            panel.show(snapshot)
        named = name_of(self.split, self.say)
        write(self.accuracy, named if points.predictions is None else f"{named} {in_percent(points.accuracy)}")
        write(self.epoch, self.say("epoch {}", in_epochs(snapshot.epoch)))
        write(self.note, errors_in_words(points, self.scatter.rings, self.say))
