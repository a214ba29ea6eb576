"""Which classes of a run have a colour and a name in its pictures."""

from __future__ import annotations

from marginalia.record.snapshot import Run
from marginalia.viz.projection import ProjectedRun
from marginalia.viz.style import GREY, MOST_NAMED, Style, blend, class_colors


def shown_classes(run: Run, style: Style) -> list[bool]:
    """Which of the classes have their colour and their name."""
    chosen = {str(name) for name in style.classes}
    if chosen:
        return [name in chosen for name in run.class_names]
    return [len(run.class_names) <= MOST_NAMED] * len(run.class_names)


def colors_of(run: Run, style: Style) -> list[str]:
    """A colour a class, the same in a part of the run; where `style.classes` names some, all others are grey."""
    if isinstance(run, ProjectedRun) and run.chosen:
        whole = class_colors(run.whole, style.palette)
        return [whole[number] for number in run.chosen]
    colors = class_colors(len(run.class_names), style.palette)
    if not style.classes:
        return colors
    grey = blend(style.colors.background, style.colors.muted, GREY)
    return [color if shown else grey for color, shown in zip(colors, shown_classes(run, style), strict=True)]
