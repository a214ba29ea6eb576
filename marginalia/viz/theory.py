"""Figures of the theory as files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from marginalia.core.files import write_whole
from marginalia.core.margin import MarginSpec
from marginalia.record.snapshot import Run
from marginalia.viz.figures import FIGURES
from marginalia.viz.figures.chart import HEADING_SHARE, heading
from marginalia.viz.settings import our_settings
from marginalia.viz.sheet import LINES, WIDTH, figure_file
from marginalia.viz.style import INCHES, Style

KINDS = ("png", "svg", "pdf")


def headless_png(name: str, style: Style, presets: Mapping[str, MarginSpec], runs: Mapping[str, Run]) -> bytes:
    """A figure without its heading, for a slide that says it in editable text; presets, runs: by name of the loss."""
    figure = theory_figure(name, style, presets, runs)
    width, height = figure.get_size_inches()
    return figure_file(figure, "png", style, Bbox.from_bounds(0, 0, width, height * (1 - HEADING_SHARE)))


@our_settings()
def draw_figure(
    name: str, folder: Path, style: Style, presets: Mapping[str, MarginSpec], runs: Mapping[str, Run]
) -> list[Path]:
    """NAME.png, NAME.svg and NAME.pdf in the folder; their paths."""
    figure = theory_figure(name, style, presets, runs)
    heading(figure, style, FIGURES[name].TITLE, FIGURES[name].LINE)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.{kind}" for kind in KINDS]
    for path, kind in zip(paths, KINDS, strict=True):
        write_whole(path, figure_file(figure, kind, style))
    return paths


@our_settings()
def theory_figure(name: str, style: Style, presets: Mapping[str, MarginSpec], runs: Mapping[str, Run]) -> Figure:
    figure = Figure(figsize=(INCHES * WIDTH / LINES, INCHES), dpi=style.dpi, facecolor=style.colors.background)
    FIGURES[name].draw(figure, style, presets, runs)
    return figure
