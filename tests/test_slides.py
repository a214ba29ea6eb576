"""Slides, panes and tweened movies: what they say, read from the artists."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from marginalia.record.metrics import target_angles
from marginalia.viz.circle import Circle
from marginalia.viz.compare import LEGIBLE
from marginalia.viz.dots import Cloud
from marginalia.viz.formula import as_text, other_logit, target_logit
from marginalia.viz.frames import SquareFrame
from marginalia.viz.geometry import depth, flatten
from marginalia.viz.panels import BIN, AccuracyCurve
from marginalia.viz.sheet import Sheet
from marginalia.viz.slide import Slide
from marginalia.viz.style import THEMES, Style
from marginalia.viz.tween import tweened

from .made_up import made_up_run


def words(sheet: Sheet) -> str:
    texts = [text.get_text() for text in sheet.figure.texts]
    said = " ".join(texts + [text.get_text() for ax in sheet.figure.axes for text in ax.texts])
    return said.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("lossname", ["softmax", "A-softmax_v2", "CosFace_v1", "ArcFace_v3"])
def test_a_slide_says_what_the_numbers_say(config_file, lossname):
    run = made_up_run(config_file, lossname)
    slide = Slide(run, "test", Style())
    assert slide.image(2).shape == (720, 1280, 3)
    points, weights = run.snapshots[2].points("test"), run.snapshots[2].class_weights
    said = words(slide)
    assert f"{100 * points.accuracy:.2f} %" in said
    assert "epoch 2" in said
    assert f"mean {target_angles(points, weights).mean():.1f}°" in said
    kept = 100 * run.snapshots[2].metrics["test_margin_accuracy"]
    assert (f"by {kept:.1f} %" in said) is run.spec.has_margin
    assert ("hatched: margin" in said) is run.spec.has_margin


@pytest.mark.parametrize("name", ["MagFace", "RBF-softmax", "sub-center"])
def test_a_further_head_is_not_shown_as_a_margin_that_it_has_not(config_file, name):
    loss = config_file.loss(name)
    run = replace(made_up_run(config_file, name), head=loss.name, regions=loss.regions)
    slide, page = Slide(run, "test", Style()), SquareFrame(run, "test", Style())
    slide.image(2)
    for said in (words(slide), words(page)):
        assert loss.name in said
        assert "own class" not in said.replace("angle to own class", "")
        assert "m₁" not in said
    circle = next(panel for panel in slide.panels if isinstance(panel, Circle))
    assert bool(circle.ring.get_paths()) is (loss.regions == "sectors")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("lossname", ["softmax", "L-softmax_v2", "CosFace_v1"])
def test_nothing_on_a_slide_leaves_it_or_is_too_small(config_file, theme, lossname):
    slide = Slide(made_up_run(config_file, lossname), "test", Style(theme=theme))
    slide.image(3)
    ticks = [label for ax in slide.figure.axes if ax.axison for label in (*ax.get_xticklabels(), *ax.get_yticklabels())]
    written = [text for ax in slide.figure.axes[1:3] for text in ax.texts]
    every = [text for text in (*slide.figure.texts, *ticks, *written) if text.get_text()]
    assert len(every) > 15
    for text in every:
        box = text.get_window_extent()
        assert 0 <= box.x0 < box.x1 <= 1280, text
        assert 0 <= box.y0 < box.y1 <= 720, text
        assert text.get_fontsize() >= LEGIBLE, text
    for first, second in combinations(every, 2):
        assert not first.get_window_extent().overlaps(second.get_window_extent()), (first, second)


def test_the_bars_hold_every_point_at_its_angle(config_file):
    run = made_up_run(config_file)
    slide = Slide(run, "test", Style())
    slide.show(3)
    histogram = slide.panels[0]
    corners = np.array([path.vertices for path in histogram.bars.get_paths()])
    heights = corners[:, 2, 1] - corners[:, 1, 1]
    assert heights.sum() == pytest.approx(1)
    points = run.snapshots[3].points("test")
    angles = target_angles(points, run.snapshots[3].class_weights)
    first = corners[:, 0, 0] == 0
    assert heights[first].sum() == pytest.approx(np.mean(angles < BIN))


def test_the_curve_ends_at_the_moment_shown(config_file):
    run = made_up_run(config_file)
    slide = Slide(run, "test", Style())
    slide.show(2)
    (curve,) = (panel for panel in slide.panels if isinstance(panel, AccuracyCurve))
    epochs, height = curve.line.get_data()
    np.testing.assert_array_equal(epochs, [0, 1, 2])
    np.testing.assert_allclose(height, [-np.log10(1 - s.points("test").accuracy) for s in run.snapshots[:3]])


@pytest.mark.parametrize("lossname", ["softmax", "L-softmax_v2", "A-softmax_v2", "CosFace_v1", "ArcFace_v3"])
def test_formulas(config_file, lossname):
    spec = config_file.margin(lossname)
    expected = {
        "softmax": ("|w_y| |x| cos θ_y", "|w_j| |x| cos θ_j"),
        "L-softmax_v2": ("|w_y| |x| cos(3θ_y)", "|w_j| |x| cos θ_j"),
        "A-softmax_v2": ("|x| cos(3θ_y)", "|x| cos θ_j"),
        "CosFace_v1": ("4 (cos θ_y - 0.1)", "4 cos θ_j"),
        "ArcFace_v3": ("4 cos(θ_y + 0.3)", "4 cos θ_j"),
    }
    said = (as_text(target_logit(spec)), as_text(other_logit(spec)))
    assert tuple(text.replace("\N{MINUS SIGN}", "-") for text in said) == expected[lossname]


def test_tweening_moves_and_invents_no_number(config_file):
    run = made_up_run(config_file)
    smooth = tweened(run, 3)
    assert len(smooth.snapshots) == 13
    assert smooth.snapshots[::4] == run.snapshots
    between = smooth.snapshots[6]
    np.testing.assert_allclose(
        between.points("test").features,
        (run.snapshots[1].points("test").features + run.snapshots[2].points("test").features) / 2,
        rtol=1e-5,
    )
    assert (between.epoch, between.metrics) == (1, run.snapshots[1].metrics)
    np.testing.assert_array_equal(between.points("test").predictions, run.snapshots[1].points("test").predictions)
    texts = []
    for number in (4, 6):
        slide = Slide(smooth, "test", Style(camera="fixed"))  # the numbers at the rings are a scale and move
        slide.show(number)
        texts.append(words(slide))
    assert texts[0] == texts[1]
    assert tweened(run, 0).snapshots == run.snapshots


def test_what_lies_behind_is_drawn_behind(config_file):
    run = made_up_run(config_file, dimension=3)
    slide = Slide(run, "test", Style())
    slide.show(3)
    cloud: Cloud = slide.scatter.dots
    features = run.snapshots[3].points("test").features
    near = depth(features, 3) >= 0
    assert 50 < near.sum() < 350
    for dots, shown in ((cloud.front, near), (cloud.back, ~near)):
        np.testing.assert_array_equal(~np.isnan(dots.positions[:, 0]), shown[dots.order])
    seen = flatten(features, 3).astype(float)
    np.testing.assert_allclose(
        np.square(seen).sum(axis=1) + np.square(depth(features, 3)), np.square(features).sum(axis=1), rtol=1e-4
    )


def test_the_mark_of_the_time_line_is_seen_at_every_moment(config_file):
    page = SquareFrame(made_up_run(config_file, snapshots=12), "test", Style())
    for number in range(page.count):
        page.image(number)
        (x,), (y,) = (
            np.array(data) * page.figure.bbox.size[axis] for axis, data in enumerate(page.time.now.get_data())
        )
        row, column = round(720 - y), round(x)
        pixels = page.image(number)[row - 2 : row + 2, column - 2 : column + 2]
        assert np.abs(pixels.astype(int) - (22, 22, 29)).max() < 30, number
