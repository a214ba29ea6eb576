"""What the figures of the theory share: axes, headings, and a row of coloured names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from marginalia.viz.labels import families, shown_names
from marginalia.viz.style import Style, class_colors

HEADING, LABEL, TICK = 26, 18, 16
HEADING_SHARE = 0.15
BELOW_HEADING = 0.022
KEY_STEP = 0.052
LONGEST_NAME = 14
Place = tuple[float, float, float, float]


def heading(figure: Figure, style: Style, title: str, line: str) -> None:
    """Writes the title, and under it one sentence: what to see."""
    figure.text(0.03, 0.925, title, fontsize=HEADING, fontweight="bold", color=style.colors.ink)
    figure.text(0.03, 0.865, line, fontsize=LABEL, color=style.colors.muted)


def chart(figure: Figure, style: Style, place: Place, **labels: Any) -> Axes:
    """Axes with a bottom and a left line, large ticks, and these settings (xlabel, xlim, xticks, …)."""
    ax = figure.add_axes(place)
    ax.patch.set_visible(False)
    ax.set(**labels)
    ax.xaxis.label.set(fontsize=LABEL, color=style.colors.ink)
    ax.yaxis.label.set(fontsize=LABEL, color=style.colors.ink)
    for side in ("right", "top"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color(style.colors.muted)
    ax.tick_params(colors=style.colors.muted, labelsize=TICK, length=4)
    return ax


def cells(count: int) -> list[Place]:
    """Places of so many panels that fill the sheet under the heading: one row of two, two rows of two or of three."""
    columns, rows = (count, 1) if count <= 2 else (math.ceil(count / 2), 2)
    width, height = 1 / columns, (1 - HEADING_SHARE - BELOW_HEADING) / rows
    return [
        (number % columns * width, (rows - 1 - number // columns) * height, width, height) for number in range(count)
    ]


def degrees(ticks: Sequence[float]) -> list[str]:
    return [f"{tick:g}°" for tick in ticks]


def line_colors(style: Style, names: Sequence[str]) -> dict[str, str]:
    """A colour a loss, in the order of the names."""
    return dict(zip(names, class_colors(len(names), style.palette), strict=True))


def key(figure: Figure, style: Style, colors: dict[str, str], x: float, top: float) -> None:
    """The names in their colours, one under the other, from (x, top) downwards in shares of the figure."""
    for number, (name, color) in enumerate(zip(shown_names(list(colors), LONGEST_NAME), colors.values(), strict=True)):
        y = top - KEY_STEP * number
        figure.text(x, y, "━", fontsize=LABEL, fontweight="bold", color=color, va="center")
        text: dict[str, Any] = {"fontsize": LABEL, "color": style.colors.ink, "fontfamily": families(name)}
        figure.text(x + 0.026, y, name, va="center", **text)
