"""The numbers of a sweep as a page and a sheet show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from marginalia.core.interval import Interval


@dataclass(frozen=True)
class Cell:
    """Runs that differ in their seed alone. name: of all their settings.

    facet, y, x: the map in which the cell stands, its row and its column. measures: by the name of the metric, one for
    each of `epochs`. pages: of each seed the address of its run's page, "" where there is none.
    """

    name: str
    facet: str
    y: str
    x: str
    epochs: Sequence[float]
    measures: Mapping[str, Sequence[Interval]]
    pages: Mapping[int, str]


@dataclass(frozen=True)
class Table:
    """rows: cells of text, as long as the heading."""

    title: str
    heading: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Summary:
    """title: name of the sweep. lines: what it is and how the intervals are made. x_name: of the columns, "" for none.

    metrics: names in the order of a menu. best: numbers of the cells that were chosen, one of each loss, which are
    framed; none if there was nothing to choose. curves: of those whose curves are drawn; none if there is one snapshot.
    """

    title: str
    question: str
    lines: Sequence[str]
    x_name: str
    metrics: Sequence[str]
    cells: Sequence[Cell]
    best: Sequence[int]
    curves: Sequence[int]
    tables: Sequence[Table]

    def facets(self) -> dict[str, list[Cell]]:
        """The cells of each map, in their order."""
        found: dict[str, list[Cell]] = {}
        for cell in self.cells:
            found.setdefault(cell.facet, []).append(cell)
        return found


def axis(values: Sequence[str]) -> list[str]:
    """The values of an axis, each once; numbers in their order, words as they come."""
    found = list(dict.fromkeys(values))
    try:
        return sorted(found, key=lambda text: float(text.rpartition("=")[2]))
    except ValueError:
        return found
