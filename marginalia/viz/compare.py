"""Several runs side by side, a pane each, at the same epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.text import Text

from marginalia.core.errors import InputError
from marginalia.record.snapshot import Run, Snapshot, SplitName
from marginalia.viz.alignment import MIRRORED, aligned
from marginalia.viz.circle import Circle
from marginalia.viz.drawable import require_drawable
from marginalia.viz.frames import feature_space, legend, name_of
from marginalia.viz.labels import shown_names
from marginalia.viz.numbers import in_degrees, in_epochs, in_percent
from marginalia.viz.projection import in_view
from marginalia.viz.scatter import FAINT_RING
from marginalia.viz.sheet import LINES, WIDTH, Sheet, write
from marginalia.viz.style import Style, class_colors, readable_on
from marginalia.viz.timing import changes_of
from marginalia.viz.tween import blend

HEADER, FOOTER, CAPTION, GAP = 62, 46, 58, 8
FEWEST, MOST = 2, 12
WORTH_A_CIRCLE = 0.6
LETTER = 16
MOST_LEGEND = 12
LONGEST_FOOTER = 92
TITLE, LEGIBLE, SMALLER, FEW_PIXELS = 24, 18, 15, 240


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

    The runs are turned alike, see `alignment.aligned`. titles: over the panes, instead of the names of the runs.
    between: interpolated frames from one epoch to the next. mark: rings are drawn around the points that the first of
    two runs gets right and the second wrong, in both panes.
    plain: no captions but the titles. Raises InputError if the runs to mark show other points.
    """

    def __init__(
        self, runs: Sequence[Run], split: SplitName, style: Style, titles: Sequence[str] = (), between: int = 0,
        mark: bool = False, plain: bool = False,
    ):  # fmt: skip
        super().__init__(WIDTH, style)
        for run in runs:
            require_drawable(run, split)
        runs = [in_view(run, split, style.projection, style.classes) for run in runs]
        if mark:
            require_marks(runs, split, style)
        given, turned = runs, aligned(runs)
        runs, self.mirrored = [each.run for each in turned], [each.mirrored for each in turned]
        self.runs, self.split, self.between, self.mark = runs, split, between, mark
        self.pace = 1 / (between + 1)
        self.epochs = sorted({snapshot.epoch for run in runs for snapshot in run.snapshots})
        grid = best_grid(len(runs))
        self.with_angles = grid.side > FEW_PIXELS and style.view != "circle"
        self.panes: list[Any] = []
        self.circles: list[tuple[int, Circle]] = []
        self.accuracies: list[Text] = []
        self.titles: list[Text] = []
        titles = titles or shown_names([run.name for run in runs], int(grid.cell[0] / LETTER))
        for number, (run, title) in enumerate(zip(runs, titles, strict=True)):
            self.add_pane(run, title, number, grid)
        self.epoch = self.text(WIDTH - 24, LINES - 44, "", 26, fontweight="bold", ha="right")
        images = self.text(24, LINES - 44, self.say("{} images", name_of(split, self.say)), 26, fontweight="bold")
        beside = 24 + images.get_window_extent().x1 / self.figure.bbox.width * WIDTH
        alike = any(each.run is not run for each, run in zip(turned, given, strict=True))
        notes = [self.say("own scales, turned alike" if alike else "own scales")]
        notes += [self.say("mean: angle to own class")] * self.with_angles
        self.text(beside, LINES - 43, "; ".join(notes), LEGIBLE, muted=True)
        self.words = list(dict.fromkeys(word for run in runs for word in legend(run, split, style)))
        self.words += [f"{MIRRORED} {self.say('mirrored')}"] * any(self.mirrored)
        self.footer = self.text(24, 14, "", LEGIBLE, muted=True)
        if grid.side <= FEW_PIXELS:  # larger panes carry the names themselves
            self.add_legend()
        for text in self.figure.texts if plain else ():
            text.set_visible(text in self.titles)

    def add_pane(self, run: Run, title: str, number: int, grid: Grid) -> None:
        row, column = divmod(number, grid.columns)
        width, height = grid.cell
        in_row = min(grid.columns, len(self.runs) - row * grid.columns)
        middle = (WIDTH - in_row * width) / 2 + (column + 0.5) * width
        top = LINES - HEADER - row * height
        size = LEGIBLE if grid.side > FEW_PIXELS else SMALLER
        large = TITLE if grid.side > 2 * FEW_PIXELS else size
        self.titles.append(self.text(middle, top - 21, title, large, fontweight="bold", ha="center"))
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

    @property
    def changes(self) -> list[float]:
        """The mean over all runs of how much changes from one moment to the next."""
        each = [changes_of([latest(run, epoch) for epoch in self.epochs], self.split) for run in self.runs]
        return [float(np.mean(together)) for together in zip(*each, strict=True)]

    def show(self, number: int) -> None:
        index, step = divmod(number, self.between + 1)
        epoch, following = self.epochs[index], self.epochs[min(index + 1, len(self.epochs) - 1)]
        share = step / (self.between + 1)
        current = [blend(latest(run, epoch), latest(run, following), share) for run in self.runs]
        marked = self.marked(current) if self.mark else None
        for pane, text, snapshot, mirrored in zip(self.panes, self.accuracies, current, self.mirrored, strict=True):
            pane.marked = marked
            pane.show(snapshot, number * self.pace)
            behind = "" if snapshot.epoch == epoch else f"  ({self.say('epoch {}', in_epochs(snapshot.epoch))})"
            parts = [in_percent(snapshot.points(self.split).accuracy)]
            if self.with_angles:
                parts.append(self.say("mean {}", in_degrees(snapshot.metric(f"{self.split}_angle"))))
            parts += [MIRRORED] * mirrored
            write(text, "   ".join(parts) + behind)
        ringed = [self.say("ringed: wrong")] * any(pane.rings > FAINT_RING for pane in self.panes)
        if marked is not None:
            ringed = [self.say("ringed: {} right on the left, wrong on the right", f"{np.count_nonzero(marked):,}")]
        footer = "    ".join([*self.words, *ringed])
        write(self.footer, footer)
        self.footer.set_fontsize(LEGIBLE * min(1, LONGEST_FOOTER / max(1, len(footer))))
        for index, circle in self.circles:
            circle.show(current[index])
        write(self.epoch, self.say("epoch {}", in_epochs(epoch)))

    def marked(self, current: Sequence[Snapshot]) -> np.ndarray:
        """Which points the first run gets right and the second wrong, bool (N,)."""
        first, second = (snapshot.points(self.split) for snapshot in current)
        return ~first.wrong & second.wrong


def require_marks(runs: Sequence[Run], split: SplitName, style: Style) -> None:
    if len(runs) != 2:
        raise InputError(f"--mark compares two runs, not {len(runs)}")
    if style.view == "circle" or "errors" not in style.overlays:
        raise InputError("--mark rings points: it needs the overlay errors, and another view than circle")
    first, second = (run.snapshots[0].points(split).labels for run in runs)
    if not np.array_equal(first, second):
        raise InputError(f"{runs[0].name} and {runs[1].name} show other {split} images; --mark needs the same ones")


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
