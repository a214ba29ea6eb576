"""The figures of the theory: their numbers against closed forms, and their files."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from marginalia.core.margin import MarginSpec
from marginalia.viz.figures import FIGURES
from marginalia.viz.figures.between_two import margin_width
from marginalia.viz.figures.chart import heading
from marginalia.viz.figures.feasible import largest_feasible
from marginalia.viz.figures.plane import FINE, surpluses
from marginalia.viz.style import Style
from marginalia.viz.theory import draw_figure, drawn, headless_png

from .made_up import made_up_run


@pytest.mark.parametrize("classes", [3, 10, 26])
def test_the_largest_feasible_margin(classes):
    assert largest_feasible("m3", classes) == pytest.approx(1 - np.cos(2 * np.pi / classes), abs=1e-12)
    assert largest_feasible("m2", classes) == pytest.approx(2 * np.pi / classes, abs=1e-12)


@pytest.mark.parametrize("separation", np.radians((20.0, 36.0, 70.0, 120.0)))
def test_the_width_of_the_margin(config_file, separation):
    width = {name: margin_width(separation, config_file.margin(name)) for name in config_file.losses}
    assert width["norm-softmax"] == pytest.approx(0, abs=1e-12)
    assert width["ArcFace_v3"] == pytest.approx(0.3)
    assert width["A-softmax_v1"] == pytest.approx(separation / 3)
    assert width["A-softmax_v2"] == pytest.approx(separation / 2)
    if separation > np.arccos(0.9):
        half = (separation - width["CosFace_v1"]) / 2
        assert np.cos(half) - 0.1 == pytest.approx(np.cos(separation - half))
    else:
        assert np.isnan(width["CosFace_v1"])


@pytest.mark.parametrize("lossname", ["norm-softmax", "A-softmax_v1", "CosFace_v2", "ArcFace_v3"])
def test_the_plane_of_two_angles(config_file, lossname):
    """Against the conditions as the papers write them, below the angle at which their cosine stops falling."""
    first, second, plain = surpluses(config_file.margin(lossname))
    axis = np.radians(np.linspace(0, 90, FINE))
    theta1, theta2 = np.meshgrid(axis, axis)
    papers = {
        "norm-softmax": np.cos(theta1) - np.cos(theta2),
        "A-softmax_v1": np.cos(2 * theta1) - np.cos(theta2),
        "CosFace_v2": np.cos(theta1) - 0.2 - np.cos(theta2),
        "ArcFace_v3": np.cos(theta1 + 0.3) - np.cos(theta2),
    }[lossname]
    np.testing.assert_allclose(first, papers, atol=1e-12)
    np.testing.assert_allclose(second, first.T, atol=1e-12)
    np.testing.assert_allclose(plain, np.cos(theta1) - np.cos(theta2), atol=1e-12)


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_files_of_the_same_bytes(config_file, tmp_path, name):
    presets = {loss: config_file.margin(loss) for loss in FIGURES[name].LOSSES}
    runs = {loss: made_up_run(config_file, loss) for loss in presets}
    paths = draw_figure(name, tmp_path, Style(), presets, runs)
    assert [path.name for path in paths] == [f"{name}.png", f"{name}.svg", f"{name}.pdf"]
    again = draw_figure(name, tmp_path / "again", Style(), presets, runs)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in paths]
    assert headless_png(name, replace(Style(), theme="dark"), presets, {}).startswith(b"\x89PNG")


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("count", [1, 2, "most"])
def test_figures_hold_any_losses(config_file, name, count):
    """Few and many, with margins that are never feasible and names like mathematics; nothing leaves the page."""
    wide = MarginSpec(w_norm=True, x_norm=True, s=1, m1=1, m2=0, m3=1.9)
    names = [f"$\\loss_{number}$" for number in range(FIGURES[name].MOST if count == "most" else count)]
    presets = {loss: replace(wide, m2=0.1 * number, m3=1.9 / (1 + number)) for number, loss in enumerate(names)}
    figure = drawn(name, Style(), presets, {})
    FigureCanvasAgg(figure).draw()
    assert "nan" not in " ".join(text.get_text() for text in figure.texts)
    for text in figure.texts:
        box = text.get_window_extent()
        assert 0 <= box.x0 <= box.x1 <= 1280, text
        assert 0 <= box.y0 <= box.y1 <= 720, text
    for ax in figure.axes:
        assert ax.get_position().y1 < 0.83


@pytest.mark.parametrize("name", FIGURES)
def test_headings_fit(name):
    figure = Figure(figsize=(12.8, 7.2), dpi=100)
    heading(figure, Style(), FIGURES[name].TITLE, FIGURES[name].LINE)
    FigureCanvasAgg(figure).draw()
    assert all(text.get_window_extent().x1 < 1270 for text in figure.texts)
