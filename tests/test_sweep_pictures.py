"""The sheets of the committed sweeps."""

from __future__ import annotations

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from marginalia.sweeps.pictures import summary
from marginalia.sweeps.results import read_results
from marginalia.viz.style import Style
from marginalia.viz.sweeps import sheet

from .conftest import ROOT

SWEEPS = sorted((ROOT / "sweeps" / "results").glob("*.parquet"))


@pytest.mark.parametrize("path", SWEEPS, ids=lambda path: path.stem)
@pytest.mark.parametrize("metric", ["test_accuracy", "loss"])
def test_every_word_is_on_the_sheet(path, metric, monkeypatch):
    drawn = []
    monkeypatch.setattr(sheet, "figure_file", lambda figure, *_: drawn.append(figure) or b"")
    sheet.sweep_figure(summary(read_results(path), path.stem, path.parent), metric, Style(), "png")
    (figure,) = drawn
    FigureCanvasAgg(figure).draw()
    words = [text for text in figure.findobj(Text) if any(map(str.isalpha, text.get_text()))]  # ticks may lie outside
    assert len(words) > 4
    for text in words:
        box = text.get_window_extent()
        assert figure.bbox.contains(box.x0, box.y0) and figure.bbox.contains(box.x1, box.y1), text.get_text()
