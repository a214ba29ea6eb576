"""The position of a frame in the training: a line at its foot with a dot for each snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.lines import Line2D

from marginalia.record.snapshot import Run, Snapshot
from marginalia.viz.numbers import in_epochs
from marginalia.viz.sheet import LINES, Sheet

LABELLED = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
LEAST_ROOM = 40
POINTS, BELOW = 12, 5


class TimeLine:
    """Artists made once.

    `show(snapshot)` moves the mark. Snapshots have equal distances, whatever the time between them.
    """

    def __init__(self, sheet: Sheet, left: float, right: float, height: float, run: Run):
        self.epochs = epochs = [snapshot.epoch for snapshot in run.snapshots]
        self.left, self.right, self.last = left, right, max(1, len(epochs) - 1)
        self.width = sheet.width
        muted, ink = sheet.style.colors.muted, sheet.style.colors.ink
        self.y = height / LINES
        everywhere = self.x(np.arange(len(epochs)))
        self.line(sheet, [left / sheet.width, right / sheet.width], color=muted, lw=1.2, alpha=0.5)
        self.line(sheet, everywhere, color=muted, marker="o", markersize=3.5, linestyle="none")
        self.past = self.line(sheet, [], color=ink, lw=2.5)
        for number in labelled(epochs, (right - left) / self.last):
            x = float(everywhere[number]) * sheet.width
            sheet.text(x, height - BELOW, in_epochs(epochs[number]), POINTS, muted=True, ha="center", va="top")
        self.now = self.line(sheet, [], color=ink, marker="o", markersize=8, zorder=4)

    def line(self, sheet: Sheet, x: Any, **options: Any) -> Any:
        return sheet.figure.add_artist(Line2D(x, np.full(len(x), self.y), **options))

    def x(self, place: Any) -> Any:
        return (self.left + (self.right - self.left) * place / self.last) / self.width

    def show(self, snapshot: Snapshot) -> None:
        place = self.epochs.index(snapshot.measured.epoch) + snapshot.share
        self.past.set_data([self.x(0), self.x(place)], [self.y, self.y])
        self.now.set_data([self.x(place)], [self.y])


def labelled(epochs: Sequence[float], step: float) -> list[int]:
    """The numbers of the snapshots whose epoch is written: the first, the last, and round ones where there is room."""
    last = len(epochs) - 1
    chosen = [0]
    for number, epoch in enumerate(epochs):
        far = min(number - chosen[-1], last - number) * step >= LEAST_ROOM
        if epoch in LABELLED and far:
            chosen.append(number)
    return [*chosen, last] if last * step >= LEAST_ROOM else chosen
