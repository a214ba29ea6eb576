"""Several runs side by side, a pane each, at the same epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.text import Text

from marginalia.record.snapshot import Run, Snapshot, SplitName
from marginalia.viz.circle import Circle
from marginalia.viz.frames import feature_space, legend
from marginalia.viz.labels import shown_names
from marginalia.viz.numbers import in_degrees, in_epochs
from marginalia.viz.scatter import FAINT_RING
from marginalia.viz.sheet import LINES, WIDTH, Sheet
from marginalia.viz.style import Style, class_colors, readable_on
from marginalia.viz.tween import blend

HEADER, FOOTER, CAPTION, GAP = 62, 46, 58, 8
FEWEST, MOST = 2, 12
WORTH_A_CIRCLE = 0.6
LONGEST_TITLE = 16
MOST_LEGEND = 12
LEGIBLE, SMALLER, FEW_PIXELS = 18, 15, 240


@dataclass(frozen=True)
class Grid:
    """columns, and the side of the square panes in units of 1280 x 720."""

    columns: int
    rows: int
    side: float

    @property
    def cell(self) -> tuple[float, float]:
        return WIDTH / self.columns, (LINES - HEADER - FOOTER) / self.rows


class Compare(Sheet):
    """Runs in panes; each pane keeps its own limits, since norms differ between losses.

    titles: over the panes, instead of the names of the runs. between: interpolated frames from one epoch to the next.
    """

    def __init__(
        self, runs: Sequence[Run], split: SplitName, style: Style, titles: Sequence[str] = (), between: int = 0
    ):
        super().__init__(WIDTH, style)
        self.runs, self.split, self.between = runs, split, between
        self.pace = 1 / (between + 1)
        self.epochs = sorted({snapshot.epoch for run in runs for snapshot in run.snapshots})
        grid = best_grid(len(runs))
        self.with_angles = grid.side > FEW_PIXELS and style.view != "circle"
        self.panes: list[Any] = []
        self.circles: list[tuple[int, Circle]] = []
        self.accuracies: list[Text] = []
        titles = titles or shown_names([run.name for run in runs], LONGEST_TITLE)
        for number, (run, title) in enumerate(zip(runs, titles, strict=True)):
            self.add_pane(run, title, number, grid)
        self.epoch = self.text(WIDTH - 24, LINES - 44, "", 26, fontweight="bold", ha="right")
        self.text(24, LINES - 44, f"{split} images", 26, fontweight="bold")
        scales = "each pane in its own scale" + self.with_angles * "; mean: angle to own class"
        self.text(290, LINES - 43, scales, LEGIBLE, muted=True)
        self.words = list(dict.fromkeys(word for run in runs for word in legend(run, split, style)))
        self.footer = self.text(24, 14, "", LEGIBLE, muted=True)
        self.add_legend()

    def add_pane(self, run: Run, title: str, number: int, grid: Grid) -> None:
        row, column = divmod(number, grid.columns)
        width, height = grid.cell
        in_row = min(grid.columns, len(self.runs) - row * grid.columns)
        middle = (WIDTH - in_row * width) / 2 + (column + 0.5) * width
        top = LINES - HEADER - row * height
        size = LEGIBLE if grid.side > FEW_PIXELS else SMALLER
        self.text(middle, top - 24, title, size, fontweight="bold", ha="center")
        self.accuracies.append(self.text(middle, top - 50, "", size, ha="center"))
        bottom = top - CAPTION - grid.side
        place = (middle - grid.side / 2, bottom, grid.side, grid.side)
        self.panes.append(feature_space(self, place, run, self.split))
        left_over = height - CAPTION - grid.side - GAP
        flat = run.dimension == 2
        if flat and left_over > WORTH_A_CIRCLE * grid.side and self.style.view != "circle":
            below = (middle - left_over / 2, bottom - GAP - left_over, left_over, left_over)
            self.circles.append((number, Circle(self.axes(*below), run, self.split, self.style)))

    def add_legend(self) -> None:
        names = self.runs[0].class_names
        if len(names) > MOST_LEGEND or any(run.class_names != names for run in self.runs):
            return
        colors = class_colors(len(names), self.style.palette)
        short = shown_names(names, 3)
        for place, (name, color) in enumerate(zip(reversed(short), reversed(colors), strict=True)):
            box = {"boxstyle": "round,pad=0.25", "fc": color, "ec": "none"}
            where: dict[str, Any] = {"ha": "center", "va": "center_baseline", "bbox": box, "fontweight": "bold"}
            badge = self.text(WIDTH - 34 - 34 * place, 22, name, 15, **where)
            badge.set_color(readable_on(color))

    @property
    def count(self) -> int:
        return (len(self.epochs) - 1) * (self.between + 1) + 1

    def show(self, number: int) -> None:
        index, step = divmod(number, self.between + 1)
        epoch, following = self.epochs[index], self.epochs[min(index + 1, len(self.epochs) - 1)]
        share = step / (self.between + 1)
        moments = [blend(latest(run, epoch), latest(run, following), share) for run in self.runs]
        for pane, text, snapshot in zip(self.panes, self.accuracies, moments, strict=True):
            pane.show(snapshot, number * self.pace)
            behind = "" if snapshot.epoch == epoch else f"  (epoch {in_epochs(snapshot.epoch)})"
            angle = f"   mean {in_degrees(snapshot.metric(f'{self.split}_angle'))}" if self.with_angles else ""
            text.set_text(f"{100 * snapshot.points(self.split).accuracy:.2f} %{angle}{behind}")
        ringed = ["ringed: wrong"] * any(pane.rings > FAINT_RING for pane in self.panes)
        self.footer.set_text("    ".join([*self.words, *ringed]))
        for index, circle in self.circles:
            circle.show(moments[index])
        self.epoch.set_text(f"epoch {in_epochs(epoch)}")


def latest(run: Run, epoch: float) -> Snapshot:
    """The run's last snapshot that is not after `epoch`; the first one if there is none."""
    reached = [snapshot for snapshot in run.snapshots if snapshot.epoch <= epoch + 1e-9]
    return reached[-1] if reached else run.snapshots[0]


def best_grid(count: int) -> Grid:
    """The grid on a 16:9 slide whose square panes are largest."""
    grids = []
    for columns in range(1, count + 1):
        rows = math.ceil(count / columns)
        height = (LINES - HEADER - FOOTER) / rows - CAPTION
        grids.append(Grid(columns, rows, float(np.floor(min(WIDTH / columns - 2 * GAP, height)))))
    return max(grids, key=lambda grid: (grid.side, -grid.rows))
