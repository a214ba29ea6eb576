"""The sheets of the committed sweeps, and the floor in the curve of a run."""

from __future__ import annotations

from dataclasses import replace

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from marginalia.sweeps.pictures import summary
from marginalia.sweeps.results import read_results
from marginalia.viz.display import loss_curve
from marginalia.viz.style import Style
from marginalia.viz.sweeps import sheet

from .conftest import ROOT
from .made_up import made_up_run

SWEEPS = sorted((ROOT / "sweeps" / "results").glob("*.parquet"))


@pytest.mark.parametrize("path", SWEEPS, ids=lambda path: path.stem)
@pytest.mark.parametrize("metric", ["test_accuracy", "loss", "weight_gap"])
def test_every_word_is_on_the_sheet(path, metric, monkeypatch):
    drawn = []
    monkeypatch.setattr(sheet, "figure_file", lambda figure, *_: drawn.append(figure) or b"")
    sheet.sweep_figure(summary(read_results(path), path.stem, path.parent), metric, Style(), "png")
    (figure,) = drawn
    FigureCanvasAgg(figure).draw()
    words = [text for text in figure.findobj(Text) if any(map(str.isalpha, text.get_text()))]  # ticks may lie outside
    assert len(words) >= 3
    for text in words:
        box = text.get_window_extent()
        assert figure.bbox.contains(box.x0, box.y0) and figure.bbox.contains(box.x1, box.y1), text.get_text()
    for cell in (text for ax in figure.axes for text in ax.texts if ax.patches):
        assert cell.get_window_extent().width < sheet.CELL * figure.dpi, cell.get_text()


def test_the_curve_of_a_loss_has_its_floor_or_says_that_there_is_none(config_file):
    run = made_up_run(config_file, "CosFace_v1")
    floored = [replace(snapshot, metrics=dict(snapshot.metrics) | {"loss_floor": 0.8}) for snapshot in run.snapshots]
    ax = loss_curve(replace(run, snapshots=tuple(floored)), Figure().add_subplot()).ax_
    assert set(ax.lines[1].get_ydata()) == {0.8}
    assert ax.get_title() == "floor 0.8"
    ax = loss_curve(made_up_run(config_file, "softmax"), Figure().add_subplot()).ax_
    assert len(ax.lines) == 1
    assert ax.get_title() == "no floor: the norm grows"
