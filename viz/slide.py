"""The slide, 16:9: the scatter on the left, what it means on the right."""

from __future__ import annotations

from typing import Any

from training.snapshot import Run, SplitName
from viz.circle import Circle
from viz.formula import other_logit, own_logit
from viz.frames import errors_in_words, feature_space, legend
from viz.panels import SECONDARY, AccuracyCurve, AngleHistogram
from viz.sheet import LINES, Sheet
from viz.style import Style, shown

WIDTH = 1280
LEFT, RIGHT = 752, 1252
LONGEST_TITLE = 24


class Slide(Sheet):
    """A run, one frame a snapshot, in the same limits."""

    def __init__(self, run: Run, split: SplitName, style: Style):
        super().__init__(WIDTH, style)
        self.run, self.split, self.last = run, split, run.snapshots[-1].epoch
        self.scatter = feature_space(self, (0, 0, LINES, LINES), run, split)
        self.panels: list[Any] = [AngleHistogram(self.axes(1040, 212, 212, 228), run, split, style)]
        self.panels.append(AccuracyCurve(self.axes(822, 50, 430, 76), run, split, style))
        self.text(1146, 166, "angle to own class", SECONDARY, muted=True, ha="center")
        self.text(822, 134, f"{split} accuracy", SECONDARY, muted=True)
        if run.snapshots[0].class_weights.shape[1] == 2:
            self.panels.append(Circle(self.axes(742, 186, 282, 282), run, split, style))
            self.text(883, 166, "directions", SECONDARY, muted=True, ha="center")
        title = shown(run.lossname, LONGEST_TITLE)
        self.text(LEFT, 658, title, 32 * min(1, 16 / len(title)), fontweight="bold")
        self.text(LEFT, 610, f"own class  {own_logit(run.spec)}", 19)
        self.text(LEFT, 572, f"others  {other_logit(run.spec)}", 19, muted=True)
        self.accuracy = self.text(LEFT, 518, "", 24, fontweight="bold")
        self.epoch = self.text(RIGHT, 518, "", 24, ha="right")
        self.note = self.text(LEFT, 482, "", SECONDARY, muted=True)

    @property
    def count(self) -> int:
        return len(self.run.snapshots)

    def show(self, number: int) -> None:
        snapshot = self.run.snapshots[number]
        points = snapshot.points(self.split)
        self.scatter.show(snapshot, number)
        for panel in self.panels:
            panel.show(snapshot)
        self.accuracy.set_text(f"{self.split} {100 * points.accuracy:.2f} %")
        self.epoch.set_text(f"epoch {snapshot.epoch:.4g} of {self.last:.4g}")
        self.note.set_text("    ".join([errors_in_words(points, self.style), *legend(self.run, self.style)[:1]]))
