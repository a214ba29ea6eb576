"""What lies behind the points of a page at each snapshot: sectors of the classes, the margin between them, or cells.

Wedges are [label, start, width], radians, counter-clockwise, from the smallest label on. A start goes on from that of
the snapshot before the shorter way: where two snapshots have the same labels in the same order, what is between them
is between the numbers.
"""

from __future__ import annotations

from marginalia.record.snapshot import Run
from marginalia.viz import sectors
from marginalia.viz.page.scale import significant
from marginalia.viz.regions import TURN, Arc, convex_regions, decision_arcs, training_arcs

CELL_DIGITS = 5

Wedge = list[float]


def sectors_of(run: Run) -> list[list[Wedge]]:
    """Where each class wins, (S, K, 3); nothing where its weight does not say so by angle."""
    if run.regions != "sectors":
        return [[] for _ in run.snapshots]
    return wedges([decision_arcs(s.class_weights, run.spec) for s in run.snapshots])


def margins_of(run: Run) -> list[list[Wedge]]:
    """Where none would win with its margin, (S, K, 3)."""
    if run.regions != "sectors" or not run.spec.has_margin:
        return [[] for _ in run.snapshots]
    return wedges([sectors.between(training_arcs(s.class_weights, run.spec)) for s in run.snapshots])


def cells_of(run: Run, reach: float) -> list[list[list[list[float]]]]:
    """The corners of each class's cell out to `reach`, (S, C, K, 2); nothing where there are no cells."""
    if run.regions not in sectors.CONVEX:
        return [[] for _ in run.snapshots]
    return [[significant(cell, CELL_DIGITS) for cell in convex_regions(s, run, 1.0, reach)] for s in run.snapshots]


def wedges(snapshots: list[list[Arc]]) -> list[list[Wedge]]:
    """The arcs of each snapshot as wedges."""
    made: list[list[Wedge]] = []
    for arcs in snapshots:
        ordered = sorted(arcs, key=lambda arc: arc.start)
        first = min(range(len(ordered)), key=lambda place: ordered[place].label, default=0)
        row: list[Wedge] = [[arc.label, arc.start, arc.width] for arc in ordered[first:] + ordered[:first]]
        if made and [wedge[0] for wedge in made[-1]] == [wedge[0] for wedge in row]:
            for wedge, before in zip(row, made[-1], strict=True):
                wedge[1] -= TURN * round((wedge[1] - before[1]) / TURN)
        made.append([[label, round(start, 6), round(width, 6)] for label, start, width in row])
    return made
