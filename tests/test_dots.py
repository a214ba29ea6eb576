"""Dots painted by NumPy, beside those that matplotlib paints."""

from __future__ import annotations

import io

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from marginalia.viz.dots import Dots, disc

SIDE = 200
RED, BLUE = "#bd1f01", "#3f90da"


def axes() -> Axes:
    figure = Figure(figsize=(SIDE / 100, SIDE / 100), dpi=100)
    FigureCanvasAgg(figure)
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, SIDE), ylim=(0, SIDE))
    ax.axis("off")
    return ax


def pixels(ax: Axes) -> np.ndarray:
    canvas = ax.figure.canvas
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].astype(int)


def by_numpy(positions: np.ndarray, labels: np.ndarray, size: float) -> np.ndarray:
    ax = axes()
    Dots(ax, labels, [RED, BLUE], size).show(positions)
    return pixels(ax)


@pytest.mark.parametrize("size", [1.4, 2.0, 2.8, 7.0])
def test_dots_that_lie_apart_are_those_of_matplotlib(size):
    places = np.stack(np.meshgrid(np.arange(15, 185, 17), np.arange(15, 185, 17)), axis=-1).reshape(-1, 2)
    positions = places + np.random.default_rng(0).uniform(size=places.shape)
    labels = np.arange(len(positions)) % 2
    ax = axes()
    for label, color in enumerate((RED, BLUE)):
        ax.plot(*positions[labels == label].T, "o", color=color, markersize=size, markeredgewidth=0)
    plotted = pixels(ax)
    assert (plotted < 200).any()
    np.testing.assert_allclose(by_numpy(positions, labels, size), plotted, atol=12)


@pytest.mark.parametrize("size", [0.5, 0.7, 1.4])
def test_small_dots_on_each_other_add_up_as_those_of_matplotlib(size):
    positions = np.random.default_rng(0).normal(SIDE / 2, 12, (5000, 2))
    ax = axes()
    ax.plot(*positions.T, "o", color="#000000", markersize=size, markeredgewidth=0)
    theirs = 255 - pixels(ax).mean()
    ax = axes()
    Dots(ax, np.zeros(len(positions), dtype=int), ["#000000"], size).show(positions)
    assert 255 - pixels(ax).mean() == pytest.approx(theirs, rel=0.3)


def test_no_class_is_painted_over_the_others():
    random = np.random.default_rng(0)
    labels = np.repeat((0, 1), 20_000)
    picture = by_numpy(random.normal(SIDE / 2, 15, (len(labels), 2)), labels, 3)
    middle = picture[80:120, 80:120].reshape(-1, 3)
    red, blue = (np.abs(middle - color).max(axis=1) < 30 for color in ((189, 31, 1), (63, 144, 218)))
    assert red.mean() > 0.25
    assert blue.mean() > 0.25


def test_the_latest_of_two_dots_is_on_top():
    ax = axes()
    dots = Dots(ax, np.array([0, 1]), [RED, BLUE], 10)
    dots.show(np.array([[100.0, 100], [103, 100]]))
    colors = pixels(ax)[100, 98:108]
    latest = ((189, 31, 1), (63, 144, 218))[dots.order[-1]]
    assert (np.abs(colors - latest).max(axis=1) < 3).sum() > 6


def test_dots_outside_and_dots_that_are_not_seen_are_left_out():
    positions = np.array([[-50.0, 100], [100, 500], [np.nan, 3], [100, 100], [199.9, 60]])
    ax = axes()
    dots = Dots(ax, np.zeros(5, dtype=int), [RED], 4)
    dots.show(positions, np.array([True, True, True, False, True]))
    rows, columns = np.nonzero(pixels(ax).min(axis=2) < 250)
    assert columns.min() > 190
    assert abs(rows.mean() - (SIDE - 60)) < 1
    dots.show(np.full((5, 2), np.nan))
    assert pixels(ax).min() == 255


def test_what_lies_behind_is_paler():
    ax = axes()
    places = [(50, 100), *[(150, 100)] * 3]
    Dots(ax, np.zeros(4, dtype=int), ["#000000"], 20, behind=True).show(np.array(places, dtype=float))
    assert pixels(ax)[100, 50].tolist() == pytest.approx([255 * 0.7] * 3, abs=2)
    assert pixels(ax)[100, 150].tolist() == pytest.approx([255 * 0.7**3] * 3, abs=2)


def test_dots_can_be_made_invisible():
    ax = axes()
    dots = Dots(ax, np.zeros(1, dtype=int), ["#000000"], 20)
    dots.show(np.array([[100.0, 100]]))
    dots.set_visible(False)
    assert pixels(ax).min() == 255


def test_a_disc_covers_its_area():
    for diameter in (0.5, 1.0, 2.8, 9.7):
        assert disc(diameter).sum() == pytest.approx(np.pi * diameter**2 / 4, rel=0.05)


@pytest.mark.parametrize("kind", ["svg", "pdf"])
def test_vector_formats_hold_an_image_where_the_dots_are(kind):
    ax = axes()
    Dots(ax, np.zeros(1, dtype=int), [RED], 20).show(np.array([[50.0, 150]]))
    packed = io.BytesIO()
    ax.figure.savefig(packed, format=kind, dpi=300)
    assert (b"<image" if kind == "svg" else b"/Image") in packed.getvalue()


def test_a_finer_figure_has_finer_dots():
    ax = axes()
    Dots(ax, np.zeros(1, dtype=int), [RED], 20).show(np.array([[50.0, 150]]))
    packed = io.BytesIO()
    ax.figure.savefig(packed, format="png", dpi=300)
    red = np.asarray(Image.open(packed).convert("RGB")).astype(int)
    rows, columns = np.nonzero(np.abs(red - (189, 31, 1)).max(axis=2) < 10)
    assert (rows.mean(), columns.mean()) == pytest.approx((150, 150), abs=1.5)
    assert np.ptp(columns) == pytest.approx(20 * 300 / 72, abs=3)
