"""One sheet for all figures of papers: the title, the claim and its source, the picture, and what was seen."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from matplotlib.axes import Axes

from marginalia.papers.trained import Trained
from marginalia.record.snapshot import Run
from marginalia.viz.figures.chart import TICK
from marginalia.viz.frames import feature_space
from marginalia.viz.numbers import in_percent
from marginalia.viz.sheet import LINES, WIDTH, Sheet
from marginalia.viz.style import Style

Area = tuple[float, float, float, float]
LEAST_FOOT, TOP = 84, 604
LETTERS, LINE, FOOT, TEXT, PANE_TITLE = 98, 24, 16, 16, 19
CAPTION, GAP = 54, 10


class PaperSheet(Sheet):
    """One moment: the last snapshot of every run."""

    def __init__(self, figure: ModuleType, trained: Trained, style: Style):
        super().__init__(WIDTH, style)
        self.panes: list[tuple[Any, Run]] = []
        self.text(24, LINES - 44, figure.TITLE, 28, fontweight="bold")
        claim = textwrap.wrap(f"{figure.CLAIM} {figure.SOURCE}", LETTERS)
        verdict = [line for part in figure.verdict(trained).splitlines() for line in textwrap.wrap(part, LETTERS)]
        self.write_lines(claim, LINES - 74, muted=True)
        self.write_lines(verdict, FOOT + LINE * (len(verdict) - 1))
        bottom = max(LEAST_FOOT, FOOT + LINE * len(verdict) + LINE / 2)
        figure.draw(self, (0, bottom, WIDTH, TOP - bottom), trained)

    def write_lines(self, lines: Sequence[str], top: float, muted: bool = False) -> None:
        for number, line in enumerate(lines):
            self.text(24, top - LINE * number, line, TEXT, muted=muted)

    @property
    def count(self) -> int:
        return 1

    def show(self, number: int) -> None:
        for pane, run in self.panes:
            pane.show(run.snapshots[-1], 0)

    def planes(self, area: Area, runs: Sequence[Run], titles: Sequence[str], split: str = "test") -> None:
        """The feature spaces side by side, in as few rows as leave them large."""
        left, bottom, width, height = area
        columns = len(runs) if width / len(runs) >= height / 2 - CAPTION else math.ceil(len(runs) / 2)
        rows = math.ceil(len(runs) / columns)
        side = min(width / columns - 2 * GAP, height / rows - CAPTION)
        tall = min(height / rows, side + CAPTION + 4 * GAP)
        highest = bottom + (height + rows * tall) / 2
        for number, (run, title) in enumerate(zip(runs, titles, strict=True)):
            row, column = divmod(number, columns)
            middle = left + (column + 0.5) * width / columns
            top = highest - row * tall
            self.text(middle, top - 22, title, PANE_TITLE, fontweight="bold", ha="center")
            accuracy = in_percent(run.snapshots[-1].points(split).accuracy)
            self.text(middle, top - 46, f"{split} {accuracy}", 15, muted=True, ha="center")
            place = (middle - side / 2, top - CAPTION - side, side, side)
            self.panes.append((feature_space(self, place, run, split), run))

    def chart(self, left: float, bottom: float, width: float, height: float, title: str, **labels: Any) -> Axes:
        """Axes with large ticks, at this place in units of the sheet."""
        ax = self.axes(left, bottom, width, height)
        ax.patch.set_visible(False)
        ax.set(**labels)
        for side in ("right", "top"):
            ax.spines[side].set_visible(False)
        ax.tick_params(colors=self.style.colors.muted, labelsize=TICK)
        ax.xaxis.label.set(fontsize=TEXT, color=self.style.colors.ink)
        ax.yaxis.label.set(fontsize=TEXT, color=self.style.colors.ink)
        ax.set_title(title, fontsize=PANE_TITLE, fontweight="bold", color=self.style.colors.ink, loc="left")
        return ax
