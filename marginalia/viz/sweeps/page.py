"""A sweep as one HTML file."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from marginalia.core.interval import Interval
from marginalia.viz.page.assemble import filled, in_script, theme_rules
from marginalia.viz.page.script import script
from marginalia.viz.style import class_colors
from marginalia.viz.sweeps.summary import Cell, Summary, Table, axis

HERE = Path(__file__).parent
DIGITS = 5
CURVES = (
    "The best of each loss, or the first settings of a single one, and, thick, the cell under the pointer. "
    "Bands are intervals; dashed is the floor of a loss. "
    "A loss that does not normalise features has none: the norm grows."
)


def sweep_page(summary: Summary) -> bytes:
    """The page; the same for the same numbers."""
    places = {
        "title": html.escape(summary.title),
        "question": html.escape(summary.question),
        "lines": html.escape("\n".join(summary.lines)),
        "curves": CURVES,
        "tables": "\n".join(map(table, summary.tables)),
        "style": theme_rules() + (HERE / "style.css").read_text(encoding="utf-8"),
        "script": script(HERE / "modules"),
        "data": in_script(data(summary)),
    }
    return filled("template.html", places, HERE).encode()


def data(summary: Summary) -> dict[str, Any]:
    number = {id(cell): index for index, cell in enumerate(summary.cells)}
    facets = []
    for name, cells in summary.facets().items():
        columns, rows = axis([cell.x for cell in cells]), axis([cell.y for cell in cells])
        there = {(cell.y, cell.x): number[id(cell)] for cell in cells}
        grid = [[there.get((row, column)) for column in columns] for row in rows]
        facets.append({"name": name, "columns": columns, "names": rows, "rows": grid})
    return {
        "xName": summary.x_name,
        "metrics": summary.metrics,
        "best": summary.best,
        "curves": summary.curves,
        "colors": class_colors(len(summary.curves) + 1),
        "facets": facets,
        "cells": [cell_data(cell) for cell in summary.cells],
    }


def cell_data(cell: Cell) -> dict[str, Any]:
    measures = {metric: [numbers(measure) for measure in row] for metric, row in cell.measures.items()}
    return {"name": cell.name, "epochs": list(cell.epochs), "measures": measures, "pages": dict(cell.pages)}


def numbers(measure: Interval) -> list[float | None]:
    values = (measure.mean, measure.sd, measure.low, measure.high)
    return [float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None for value in values] + [measure.n]


def table(content: Table) -> str:
    rows = row(content.heading, "th") + "".join(map(row, content.rows))
    return f"<table><caption>{html.escape(content.title)}</caption>{rows}</table>"


def row(cells: Sequence[str], kind: str = "td") -> str:
    return "<tr>" + "".join(f"<{kind}>{html.escape(cell)}</{kind}>" for cell in cells) + "</tr>"
