"""The page and the sheets of a sweep, and its tables of differences."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from marginalia.core.files import write_whole
from marginalia.core.interval import Interval
from marginalia.sweeps.groups import (
    CHOOSING,
    JUDGING,
    LOSS,
    SCALE,
    SEED,
    Group,
    best_of_each,
    choosing,
    chosen,
    groups_of,
    shown,
)
from marginalia.sweeps.results import RUN, Results
from marginalia.sweeps.statistics import differences
from marginalia.sweeps.worker import PAGE
from marginalia.viz.style import Style
from marginalia.viz.sweeps.page import sweep_page
from marginalia.viz.sweeps.sheet import sweep_figure
from marginalia.viz.sweeps.summary import Cell, Summary, Table

FIRST = (CHOOSING, JUDGING, "train_accuracy", "loss", "loss_floor", "test_margin_accuracy", "test_angle")
HOW = "Means over the seeds; intervals are 95 % by Student's t."
FRAMED = " Framed: of each loss the best, chosen on {}."
KINDS = ("png", "pdf")
MOST_CURVES = 7


def draw_sweep(results: Results, title: str, folder: Path, style: Style) -> list[Path]:
    """sweep.html and sweep.png, .pdf in the folder of the runs; their paths."""
    content = summary(results, title, folder)
    paths = [folder / "sweep.html"]
    write_whole(paths[0], sweep_page(content))
    for kind in KINDS:
        paths.append(folder / f"sweep.{kind}")
        write_whole(paths[-1], sweep_figure(content, JUDGING, style, kind))
    return paths


def summary(results: Results, title: str, folder: Path) -> Summary:
    """What page and sheets show. folder: where the runs are, if they have pages."""
    groups = groups_of(results)
    best = best_of_each(groups)
    keys = [key for key in results.varied if key != SEED]
    across = SCALE if SCALE in keys and len(keys) > 1 else ""
    facet = LOSS if LOSS in keys and len(keys) > 1 else ""
    names = metrics(results)
    cells = [
        Cell(
            group.name,
            str(group.settings.get(facet, "")),
            row_name(group, (facet, across)),
            shown(group.settings.get(across, "")),
            group.epochs,
            {name: [group.interval(name, epoch) for epoch in group.epochs] for name in names},
            {seed: address(folder, run) for seed, run in group.runs.items()},
        )
        for group in groups
    ]
    made = [f"{name}: {value}" for name, value in results.made_with.items() if name in ("machine", "torch")]
    by = "validation images" if choosing(groups[0]) == CHOOSING else "test images, since none were set aside"
    of_each = [groups.index(group) for group in best.values()]
    framed = of_each if len(groups) > len(best) else []
    lines = [f"{len(results.last):,} runs. {HOW}{FRAMED.format(by) if framed else ''}", ", ".join(made)]
    curves = of_each if 1 < len(of_each) <= MOST_CURVES else list(range(min(len(groups), MOST_CURVES)))
    if max(sum(epoch > 0 for epoch in group.epochs) for group in groups) < 2:
        curves = []
    return Summary(title, results.question, lines, across, names, cells, framed, curves, tables(groups, best))


def metrics(results: Results) -> list[str]:
    """Those that have a number somewhere, the most asked for first."""
    rest = [name for name in results.columns if name not in (RUN, "epoch", "step", *results.varied)]
    names = [*(name for name in FIRST if name in rest), *(name for name in rest if name not in FIRST)]
    return [name for name in names if np.isfinite(results.columns[name].astype(float)).any()]


def row_name(group: Group, elsewhere: Sequence[str]) -> str:
    """The settings of a row, but those that the map and the column say."""
    left = {key: value for key, value in group.settings.items() if key not in elsewhere}
    if set(left) == {LOSS}:
        return str(left[LOSS])
    return ", ".join(f"{key} = {shown(value)}" for key, value in left.items())


def address(folder: Path, run: str) -> str:
    """Of a run's page as seen from the folder; "" where there is none."""
    return f"{run}/{PAGE}" if (folder / run / PAGE).exists() else ""


def tables(groups: Sequence[Group], best: Mapping[str, Group]) -> list[Table]:
    """What was chosen and how it did on the test images, and the differences, at the best scale and at equal scales."""
    found = [chosen_table(best)]
    found += [difference_table("Differences at the best settings of each", best)] if len(best) > 1 else []
    for scale in sorted({group.settings[SCALE] for group in groups if SCALE in group.settings}):
        at_scale = [group for group in groups if group.settings.get(SCALE) == scale]
        of_each = chosen(at_scale, LOSS, lambda group: group.interval(choosing(group)).mean)
        if len(of_each) > 1:
            found.append(difference_table(f"Differences at s = {scale:g}, each with its best margin", of_each))
    return found


def chosen_table(best: Mapping[str, Group]) -> Table:
    heading = ("chosen", "validation, %", "test, %", "standard deviation", "95 % interval", "seeds")
    rows = []
    for group in best.values():
        by, test = group.interval(choosing(group)), group.interval(JUDGING)
        spread = f"{100 * test.sd:.2f}" if test.n > 1 else "-"
        rows.append(
            (group.name, f"{100 * by.mean:.2f}", f"{100 * test.mean:.2f}", spread, span(test, ".2f"), str(test.n))
        )
    return Table("The best of each, and the test images", heading, rows)


def difference_table(title: str, groups: Mapping[str, Group]) -> Table:
    """Of every pair, in points of test accuracy, paired by seed."""
    heading = ("first", "second", "first - second, points", "95 % interval", "p after Holm", "")
    values = {group.name: group.values(JUDGING) for group in groups.values()}
    rows = [
        (
            found.first,
            found.second,
            f"{100 * found.interval.mean:+.2f}",
            span(found.interval, "+.2f"),
            "-" if math.isnan(found.p) else f"{found.p:.2g}",
            "too few seeds" if math.isnan(found.p) else "" if found.is_seen else "no difference seen",
        )
        for found in differences(values)
    ]
    return Table(title, heading, rows)


def span(found: Interval, form: str) -> str:
    """The interval of a share in per cent; "-" for fewer than two values."""
    return f"{100 * found.low:{form}} to {100 * found.high:{form}}" if found.n > 1 else "-"
