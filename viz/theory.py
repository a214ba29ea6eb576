"""Figures of the theory as files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from files import write_whole
from losses.margin import MarginSpec
from training.snapshot import Run
from viz.figures import FIGURES
from viz.figures.chart import HEADING_SHARE, heading
from viz.sheet import LINES, figure_file
from viz.slide import WIDTH
from viz.style import INCHES, Style

KINDS = ("png", "svg", "pdf")


def figure_bytes(
    name: str, kind: str, style: Style, presets: Mapping[str, MarginSpec], runs: Mapping[str, Run], headed: bool = True
) -> bytes:
    """A figure as png, svg or pdf; without its heading for a slide that says it in editable text.

    presets, runs: by the name of the loss.
    """
    across = INCHES * WIDTH / LINES
    figure = Figure(figsize=(across, INCHES), dpi=style.dpi, facecolor=style.colors.background)
    FIGURES[name].draw(figure, style, presets, runs)
    if headed:
        heading(figure, style, FIGURES[name].TITLE, FIGURES[name].LINE)
        return figure_file(figure, kind, style)
    return figure_file(figure, kind, style, Bbox.from_bounds(0, 0, across, INCHES * (1 - HEADING_SHARE)))


def draw_figure(
    name: str, folder: Path, style: Style, presets: Mapping[str, MarginSpec], runs: Mapping[str, Run]
) -> list[Path]:
    """NAME.png, NAME.svg and NAME.pdf in the folder; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.{kind}" for kind in KINDS]
    for path, kind in zip(paths, KINDS, strict=True):
        write_whole(path, figure_bytes(name, kind, style, presets, runs))
    return paths
