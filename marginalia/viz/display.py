"""Displays: a picture of a run in axes of matplotlib, as scikit-learn's Displays are."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from marginalia.core.errors import InputError
from marginalia.record.snapshot import Run, SplitName
from marginalia.record.store import moment, usual_split
from marginalia.viz.angle_plane import Angles
from marginalia.viz.compare import Compare
from marginalia.viz.drawable import require_drawable
from marginalia.viz.frames import accuracy_in_words
from marginalia.viz.numbers import in_epochs
from marginalia.viz.projection import in_view, note_of
from marginalia.viz.scatter import Scatter
from marginalia.viz.style import Style

SIDE = 6.4


class Display:
    """A picture that can be drawn again: `plot(ax=None, **style)`. ax_, figure_: where it was drawn last.

    style: settings of `Style`, such as theme="dark". Without axes, pyplot makes a figure for it.
    """

    ax_: Axes
    figure_: Figure

    def __init__(self, paint: Callable[[Axes, Style], None], ratio: float = 1.0, whole: bool = False):
        self.paint, self.ratio, self.whole = paint, ratio, whole

    def plot(self, ax: Axes | None = None, **style: Any) -> Display:
        """Draws into these axes, or into a new figure; returns itself."""
        if ax is None:
            import matplotlib.pyplot as plt

            figure = plt.figure(figsize=(SIDE * self.ratio, SIDE))
            ax = figure.add_axes((0, 0, 1, 1)) if self.whole else figure.add_subplot()
        self.ax_, self.figure_ = ax, ax.get_figure(root=True)  # type: ignore[assignment]
        self.paint(ax, Style(**style))
        return self


def space(
    run: Run, ax: Axes | None = None, *, number: int = -1, split: SplitName | None = None, **style: Any
) -> Display:
    """The feature space of one snapshot, the last one unless said otherwise. run: a run, or `run[3]`.

    More than three dimensions are projected, see `Style.projection`. Raises InputError if the run cannot be drawn.
    """
    run, number = run_of_moment(run, number)
    chosen = split or usual_split(run)

    def paint(ax: Axes, look: Style) -> None:
        require_drawable(run, chosen)
        view = in_view(run, chosen, look.projection, look.classes)
        snapshot = view.snapshots[number]
        scatter = Scatter(ax, view, chosen, look)
        scatter.show(snapshot)
        ax.set_aspect("equal")
        accuracy = accuracy_in_words(snapshot.points(chosen), view, chosen, look.words)
        ax.set_title(f"{run.lossname}, epoch {in_epochs(snapshot.epoch)}, {accuracy}", color=look.colors.ink)
        if note_of(view):
            ax.text(0.5, -0.02, note_of(view), transform=ax.transAxes, ha="center", va="top", color=look.colors.muted)

    return Display(paint).plot(ax, **style)


def loss_curve(run: Run, ax: Axes | None = None, *, metric: str = "loss", **style: Any) -> Display:
    """A number of the snapshots over the epochs; of the loss, its floor too, see `losses.floor`.

    Raises InputError if it was not recorded.
    """
    there = sorted({name for snapshot in run.snapshots for name in snapshot.metrics})
    if metric not in there:
        raise InputError(f"{run.name} has no metric {metric!r}; it has {', '.join(there) or 'none'}")

    def paint(ax: Axes, look: Style) -> None:
        epochs = [snapshot.epoch for snapshot in run.snapshots]
        (line,) = ax.plot(epochs, [snapshot.metric(metric) for snapshot in run.snapshots], "o-", label=run.name, lw=2)
        floor = run.snapshots[-1].metric("loss_floor") if metric == "loss" else math.nan
        if math.isfinite(floor):
            ax.axhline(floor, color=line.get_color(), ls="--", lw=1.5)
            ax.set_title(f"floor {floor:.4g}", fontsize="medium", color=look.colors.muted)
        elif metric == "loss" and run.spec is not None and not run.spec.x_norm:
            ax.set_title("no floor: the norm grows", fontsize="medium", color=look.colors.muted)
        ax.set(xlabel="epoch", ylabel=metric)

    return Display(paint, 1.6).plot(ax, **style)


def angles(
    run: Run, ax: Axes | None = None, *, number: int = -1, split: SplitName | None = None, **style: Any
) -> Display:
    """The angle of each point to the weight of its class and to the nearest other weight, see `viz.angle_plane`."""
    run, number = run_of_moment(run, number)
    chosen = split or usual_split(run)

    def paint(ax: Axes, look: Style) -> None:
        require_drawable(run, chosen)
        plane = Angles(ax, replace(run, snapshots=(run.snapshots[number],)), chosen, look)
        plane.show(plane.run.snapshots[0])
        ax.set_title(f"{run.lossname}, epoch {in_epochs(run.snapshots[number].epoch)}", color=look.colors.ink)

    return Display(paint).plot(ax, **style)


def compare(
    runs: Sequence[Run], ax: Axes | None = None, *, number: int = -1, split: SplitName | None = None, **style: Any
) -> Display:
    """Two to twelve runs side by side at the same epoch, or snapshots such as run[3].

    Raises InputError if one of them cannot be drawn.
    """
    runs = [at_moment(run) for run in runs]
    chosen = split or usual_split(runs[0])

    def paint(ax: Axes, look: Style) -> None:
        sheet = Compare(list(runs), chosen, look)
        ax.imshow(sheet.image(range(sheet.count)[number]))
        ax.set_axis_off()

    return Display(paint, 16 / 9, whole=True).plot(ax, **style)


def at_moment(run: Any) -> Run:
    """A run as it is; a snapshot of one as a run of this snapshot alone, named after its epoch."""
    if isinstance(run, Run):
        return run
    whole, number = run_of_moment(run, -1)
    snapshot = whole.snapshots[number]
    content = {name: getattr(whole, name) for name in Run.__dataclass_fields__}
    return Run(**content | {"snapshots": (snapshot,), "name": f"{whole.name}, epoch {in_epochs(snapshot.epoch)}"})


def run_of_moment(run: Any, number: int) -> tuple[Run, int]:
    """The run and the number of the snapshot; of a snapshot that knows its run, that of this one."""
    if isinstance(run, Run):
        return run, number
    whole = getattr(run, "run", None)
    if whole is None:
        raise InputError("a picture needs the run, or a snapshot taken from it: run, run[-1]")
    return whole, [moment(snapshot) for snapshot in whole.snapshots].index(moment(run))
