"""The figures of the theory: their numbers against closed forms, and their files."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from marginalia.core.margin import MarginSpec, psi, psi_slope
from marginalia.losses.angle_linear import AngleLinear
from marginalia.viz.figures import FIGURES
from marginalia.viz.figures.between_two import margin_width
from marginalia.viz.figures.chart import heading
from marginalia.viz.figures.feasible import largest_feasible
from marginalia.viz.figures.plane import FINE, surpluses
from marginalia.viz.pull import pull
from marginalia.viz.style import Style
from marginalia.viz.theory import draw_figure, headless_png, theory_figure

from .made_up import made_up_run


@pytest.mark.parametrize("classes", [3, 10, 26])
def test_the_largest_feasible_margin(classes):
    assert largest_feasible("m3", classes) == pytest.approx(1 - np.cos(2 * np.pi / classes), abs=1e-12)
    assert largest_feasible("m2", classes) == pytest.approx(2 * np.pi / classes, abs=1e-12)


@pytest.mark.parametrize("separation", np.radians((20.0, 36.0, 70.0, 120.0)))
def test_the_width_of_the_margin(config_file, separation):
    width = {name: margin_width(separation, config_file.margin(name)) for name in config_file.rows}
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
    figure = theory_figure(name, Style(), presets, {})
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


ANGLES = ("softmax", "L-softmax_v2", "A-softmax_v1", "norm-softmax", "CosFace_v2", "ArcFace_v3")


@pytest.mark.parametrize("lossname", ANGLES)
@pytest.mark.parametrize("dimension", [2, 5])
def test_the_pull_is_the_gradient_that_trains(config_file, lossname, dimension):
    """Against torch, which differentiates the layer's loss itself, in float64."""
    spec = config_file.margin(lossname)
    random = np.random.default_rng(0)
    features = random.normal(size=(200, dimension)) * random.uniform(0.2, 6, size=(200, 1))
    head = AngleLinear(dimension, 7, spec).double()
    head.weight.data = torch.tensor(random.normal(size=(7, dimension)))
    x = torch.tensor(features, requires_grad=True)
    F.cross_entropy(head.margin_logits(x, torch.full((200,), 3)), torch.full((200,), 3), reduction="sum").backward()
    expected = -x.grad.numpy()
    weights = head.weight.detach().numpy()
    found = pull(features, 3, weights, spec)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7 * np.abs(expected).max())


def test_a_feature_on_a_weight_or_opposite_is_pulled_along_it_only(config_file):
    weights = np.eye(2)
    for lossname in ("softmax", "ArcFace_v3", "CosFace_v1"):
        spec = config_file.margin(lossname)
        ahead, behind = pull(np.array([[2.0, 0], [-2.0, 0]]), 0, np.array([[1.0, 0], [-1, 0]]), spec)
        assert ahead[1] == behind[1] == 0
        assert (ahead[0] > 0) == (not spec.x_norm)
        assert np.isfinite(pull(np.array([[1e-6, 0], [0, 1e6]]), 1, weights, spec)).all()


@pytest.mark.parametrize("lossname", ANGLES)
def test_the_slope_of_psi(config_file, lossname):
    spec = config_file.margin(lossname)
    theta = np.linspace(0.001, np.pi - 0.001, 1999)
    step = 1e-6
    numeric = (psi(theta + step, spec) - psi(theta - step, spec)) / (2 * step)
    np.testing.assert_allclose(psi_slope(theta, spec), numeric, atol=1e-4)
    assert (psi_slope(theta, spec) <= 1e-12).all()
    np.testing.assert_allclose(psi_slope(torch.tensor(theta), spec).numpy(), psi_slope(theta, spec), atol=1e-12)
