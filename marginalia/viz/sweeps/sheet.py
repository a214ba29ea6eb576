"""A sweep as a figure for a paper: a heat map a loss, and the curves of the best of each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from marginalia.viz.settings import our_settings
from marginalia.viz.sheet import figure_file
from marginalia.viz.style import Style, class_colors
from marginalia.viz.sweeps.summary import Cell, Summary, axis

CELL, LINE, LETTER, CURVES, KEY = 0.62, 0.36, 0.088, 3.2, 0.25  # inches; KEY: a line below the curves
TEXT, TITLE = 11, 13
CHOSEN_BY = "accuracy"
SHARES = ("accuracy", "auc", "eer")
SMALL = 1e-3  # with three digits, a smaller number is wider than its cell


@our_settings()
def sweep_figure(summary: Summary, metric: str, style: Style, kind: str) -> bytes:
    """png, svg or pdf; the mean over the seeds in each cell, with a frame around the best of each loss."""
    facets = summary.facets()
    grids = {name: (axis([c.y for c in cells]), axis([c.x for c in cells])) for name, cells in facets.items()}
    columns = max(len(across) for _, across in grids.values())
    heights = [LINE * len(down) + 0.75 for down, _ in grids.values()]
    side = 0.5 + LETTER * max(len(row) for down, _ in grids.values() for row in (*down, summary.x_name))
    right = CURVES + 0.5 + KEY * len(summary.curves) if summary.curves else 0
    widest = max((len(summary.cells[number].name) for number in summary.curves), default=0)
    width = side + CELL * columns + 1.2 + max(CURVES, 0.6 + LETTER * widest)
    height = max(sum(heights) + (0 if summary.curves else 2 * LINE), right) + 0.3
    figure = Figure(figsize=(width, height), dpi=style.dpi, facecolor=style.colors.background)
    means = [value(cell, metric) for cell in summary.cells]
    known = [mean for mean in means if math.isfinite(mean)]
    limits = limits_of(known) if known else (0.0, 1.0)
    top = height - 0.2
    for (name, cells), tall in zip(facets.items(), heights, strict=True):
        down, across = grids[name]
        bottom = top - tall + 0.1
        place = (side / width, bottom / height, CELL * len(across) / width, LINE * len(down) / height)
        best = [summary.cells[number] for number in summary.best] if metric.endswith(CHOSEN_BY) else []
        heat_map(figure.add_axes(place), style, cells, metric, limits, best, summary.x_name)
        figure.text(0.1 / width, (bottom + LINE * len(down) + 0.32) / height, name, fontsize=TITLE, fontweight="bold",
                    color=style.colors.ink)  # fmt: skip
        top -= tall
    left = side + CELL * columns + 0.9
    if summary.curves:
        ax = figure.add_axes((left / width, (height - CURVES) / height, CURVES / width, (CURVES - 0.6) / height))
        curves(ax, style, [summary.cells[number] for number in summary.curves], metric)
    elif len(facets) == columns == 1:
        rows = summary.cells
        place = ((left - 0.7) / width, bottom / height, CURVES / width, LINE * len(rows) / height)
        intervals(figure.add_axes(place), style, rows, metric)
    return figure_file(figure, kind, style)


def heat_map(
    ax: Axes, style: Style, cells: Sequence[Cell], metric: str, limits: tuple[float, float], best: Sequence[Cell],
    x_name: str,
) -> None:  # fmt: skip
    down, across = axis([cell.y for cell in cells]), axis([cell.x for cell in cells])
    colors = LinearSegmentedColormap.from_list("share", [style.colors.background, class_colors(1, style.palette)[0]])
    ax.set(xlim=(0, len(across)), ylim=(len(down), 0))
    ax.set_xticks(np.arange(len(across)) + 0.5, across)
    ax.set_yticks(np.arange(len(down)) + 0.5, down)
    ax.xaxis.tick_top()
    ax.tick_params(length=0, colors=style.colors.muted, labelsize=TEXT)
    for side in ax.spines.values():
        side.set_visible(False)
    if x_name:
        ax.text(-0.15, -0.35, x_name, fontsize=TEXT, color=style.colors.muted, ha="right", va="center")
    for cell in cells:
        x, y, mean = across.index(cell.x), down.index(cell.y), value(cell, metric)
        share = min(1.0, max(0.0, (mean - limits[0]) / ((limits[1] - limits[0]) or 1))) if math.isfinite(mean) else 0
        frame: dict[str, Any] = (
            {"ec": style.colors.ink, "lw": 2.2, "zorder": 3} if cell in best else {"ec": "none", "lw": 0}
        )
        ax.add_patch(Rectangle((x + 0.03, y + 0.05), 0.94, 0.9, facecolor=colors(share), **frame))
        dark = style.theme == "dark" and share < 0.6
        ax.text(x + 0.5, y + 0.5, read(mean, metric), fontsize=TEXT, ha="center", va="center", zorder=4,
                color=style.colors.ink if dark or style.theme == "light" else "#000000")  # fmt: skip


def curves(ax: Axes, style: Style, cells: Sequence[Cell], metric: str) -> None:
    """Means over the epochs of training with the bands of their intervals, each named below."""
    ax.patch.set_visible(False)
    for side in ("right", "top"):
        ax.spines[side].set_visible(False)
    ax.tick_params(colors=style.colors.muted, labelsize=TEXT)
    ax.set_xlabel("epoch", fontsize=TEXT, color=style.colors.ink)
    ax.set_title(title_of(metric), fontsize=TITLE, fontweight="bold", color=style.colors.ink, loc="left")
    scale = 100 if metric.endswith(SHARES) else 1
    for cell, color in zip(cells, class_colors(max(len(cells), 1), style.palette), strict=False):
        there = [(e, m) for e, m in zip(cell.epochs, cell.measures.get(metric, ()), strict=False) if e > 0]
        epochs = [epoch for epoch, _ in there]
        mean, low, high = (scale * np.array([getattr(m, name) for _, m in there]) for name in ("mean", "low", "high"))
        ax.plot(epochs, mean, color=color, lw=2.5, label=cell.name)
        ax.fill_between(epochs, low, high, color=color, alpha=0.2, lw=0)
        if metric == "loss" and math.isfinite(floor := value(cell, "loss_floor")):
            ax.axhline(floor, color=color, lw=1.5, ls="--")
    if scale == 100:  # an interval of few seeds may reach beyond what there is
        bottom, top = ax.get_ylim()
        ax.set_ylim(max(bottom, 0.0), min(top, 100.0))
    legend = ax.legend(frameon=False, fontsize=TEXT, loc="upper left", bbox_to_anchor=(-0.02, -0.16))
    for text in legend.get_texts():
        text.set_color(style.colors.ink)


def intervals(ax: Axes, style: Style, cells: Sequence[Cell], metric: str) -> None:
    """The last means with their intervals, each in the line of its row."""
    scale = 100 if metric.endswith(SHARES) else 1
    down = axis([cell.y for cell in cells])
    for cell in cells:
        last, y = cell.measures[metric][-1], down.index(cell.y) + 0.5
        ax.plot([scale * last.low, scale * last.high], [y, y], color=style.colors.muted, lw=2, marker="|", ms=9)
        ax.plot(scale * last.mean, y, "o", color=class_colors(1, style.palette)[0], ms=5)
    ax.set(ylim=(len(down), 0), yticks=[])
    ax.set_xlabel("mean and its 95 % interval", fontsize=TEXT, color=style.colors.ink)
    ax.patch.set_visible(False)
    for side in ("left", "right", "top"):
        ax.spines[side].set_visible(False)
    ax.tick_params(colors=style.colors.muted, labelsize=TEXT)
    ax.set_title(title_of(metric), fontsize=TITLE, fontweight="bold", color=style.colors.ink, loc="left")


def title_of(metric: str) -> str:
    return metric.replace("_", " ") + (", %" if metric.endswith(SHARES) else "")


def limits_of(numbers: Sequence[float]) -> tuple[float, float]:
    """From where to where colours go: most of the numbers, without those that lie far below."""
    low, quarter, middle, three_quarters, high = (float(np.quantile(numbers, q)) for q in (0.05, 0.25, 0.5, 0.75, 0.95))
    return max(low, middle - 3 * (three_quarters - quarter)), high


def value(cell: Cell, metric: str) -> float:
    """The mean at the last epoch."""
    measures = cell.measures.get(metric)
    return measures[-1].mean if measures else math.nan


def read(mean: float, metric: str) -> str:
    if not math.isfinite(mean):
        return "-"
    if metric.endswith(SHARES):
        return f"{100 * mean:.1f}"
    return f"{mean:.0e}" if 0 < abs(mean) < SMALL else f"{mean:.3g}"
