"""What the frames show, read from the artists."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.colors import to_rgba_array

from marginalia.viz.frames import SquareFrame, errors_in_words
from marginalia.viz.geometry import UNIT_RING, half_height, pushed_apart, spread
from marginalia.viz.scatter import ring_opacity
from marginalia.viz.style import Style, class_colors, luminance, readable_on

from .made_up import NAMES, drawn, made_up_run


@pytest.fixture
def made_up(config_file):
    return made_up_run(config_file)


def test_every_point_is_drawn_in_its_class_colour(made_up):
    page = SquareFrame(made_up, "test", Style())
    page.image(3)
    last = made_up.snapshots[3]
    points, dots = last.points("test"), page.scatter.dots.front
    np.testing.assert_allclose(drawn(dots), page.scatter.camera.seen(points.features, last), rtol=1e-6)
    np.testing.assert_array_equal(dots.labels, points.labels[dots.order])
    np.testing.assert_array_equal(dots.palette, np.round(255 * to_rgba_array(class_colors(10))))


def test_limits_and_aspect_are_the_same_in_all_frames(made_up):
    page = SquareFrame(made_up, "train", Style())
    limits = []
    for number in range(4):
        page.image(number)
        limits.append((page.scatter.ax.get_xlim(), page.scatter.ax.get_ylim()))
    assert len(set(limits)) == 1
    (left, right), (bottom, top) = limits[0]
    box = page.scatter.ax.bbox
    assert (right - left) / box.width == pytest.approx((top - bottom) / box.height)


def test_nothing_is_clipped(made_up):
    reach = half_height(made_up)
    for snapshot in made_up.snapshots:
        assert np.abs(snapshot.points("train").features).max() < reach
    page = SquareFrame(made_up, "train", Style())
    page.image(3)
    frame = page.figure.bbox
    for text in (*page.figure.texts, *page.scatter.badges.badges):
        box = text.get_window_extent()
        assert frame.x0 <= box.x0 < box.x1 <= frame.x1
        assert frame.y0 <= box.y0 < box.y1 <= frame.y1


@pytest.mark.parametrize("camera", ["fixed", "follow"])
@pytest.mark.parametrize("lossname", ["softmax", "CosFace_v1"])
def test_errors_are_ringed_and_not_dropped(config_file, lossname, camera):
    run = made_up_run(config_file, lossname)
    page = SquareFrame(run, "test", Style(camera=camera))
    page.image(2)
    points = run.snapshots[2].points("test")
    wrong = points.features[points.labels != points.predictions]
    if run.spec.x_norm and camera == "fixed":
        wrong = UNIT_RING * page.scatter.reach * wrong / np.linalg.norm(wrong, axis=1, keepdims=True)
    else:
        wrong = page.scatter.camera.seen(wrong, run.snapshots[2])
    assert len(wrong) > 10
    np.testing.assert_allclose(np.transpose(page.scatter.errors.get_data()), wrong, rtol=1e-5)
    assert page.note.get_text() == f"ringed: {len(wrong)} wrong of 400"


def test_rings_that_lie_on_each_other_fade_and_are_not_promised(config_file):
    apart = np.stack(np.meshgrid(np.arange(20.0), np.arange(20.0)), axis=-1).reshape(-1, 2)
    assert ring_opacity(apart, 0.5) == pytest.approx(0.8)
    assert ring_opacity(apart, 1e3) == pytest.approx(0.8 / 400)
    points = made_up_run(config_file, "softmax").snapshots[2].points("test")
    assert errors_in_words(points, 0.8).startswith("ringed: ")
    assert not errors_in_words(points, 0.1).startswith("ringed: ")


def test_badges_carry_the_names_at_the_class_directions(made_up):
    page = SquareFrame(made_up, "test", Style())
    page.image(3)
    assert [badge.get_text() for badge in page.scatter.badges.badges] == list(NAMES)
    weights = made_up.snapshots[3].class_weights
    for line, weight in zip(page.scatter.badges.lines, weights, strict=True):
        start, knee, _ = np.transpose(line.get_data())
        assert np.allclose(start, 0)
        np.testing.assert_allclose(knee / np.linalg.norm(knee), weight / np.linalg.norm(weight), atol=1e-6)


def test_badges_do_not_overlap(made_up):
    page = SquareFrame(made_up, "test", Style())
    page.image(3)
    places = np.array(
        [page.scatter.ax.transData.transform(badge.get_position()) for badge in page.scatter.badges.badges]
    )
    distances = np.linalg.norm(places[:, None] - places[None], axis=2)[~np.eye(10, dtype=bool)]
    sizes = [badge.get_bbox_patch().get_window_extent().width for badge in page.scatter.badges.badges]
    assert distances.min() > 0.95 * max(sizes)


@pytest.mark.parametrize("count", [2, 10, 47])
@pytest.mark.parametrize("middle", [0.0, np.pi, -2.0])
def test_spread_keeps_order_and_gap(count, middle):
    angles = middle + np.random.default_rng(1).uniform(-0.3, 0.3, count)
    placed = spread(angles, 0.1)
    around = np.unwrap(placed[np.argsort(angles)])
    assert min(b - a for a, b in pairwise(around)) > 0.099
    assert around[-1] - around[0] < 2 * np.pi - 0.099


def test_spread_leaves_room_alone():
    angles = np.array([0.0, 1.0, 2.0, -2.0])
    np.testing.assert_allclose(spread(angles, 0.3), angles)


@pytest.mark.parametrize(("lossname", "circle"), [("CosFace_v1", True), ("softmax", False)])
def test_unit_circle_where_features_are_normalised(config_file, lossname, circle):
    run = made_up_run(config_file, lossname)
    page = SquareFrame(run, "test", Style(camera="fixed"))
    page.image(3)
    assert (page.scatter.rim is not None) is circle
    if page.scatter.rim is not None:
        features = run.snapshots[3].points("test").features
        expected = UNIT_RING * page.scatter.reach * features / np.linalg.norm(features, axis=1, keepdims=True)
        np.testing.assert_allclose(drawn(page.scatter.rim.front), expected, rtol=1e-5)


def test_caption_says_what_is_seen(made_up):
    page = SquareFrame(made_up, "test", Style())
    page.image(2)
    words = " ".join(text.get_text() for text in page.figure.texts)
    accuracy = made_up.snapshots[2].points("test").accuracy
    for part in ("CosFace_v1", "s = 4", "m₁ = 1", "m₂ = 0", "m₃ = 0.1", "epoch 2", f"{100 * accuracy:.2f} %"):
        assert part in words


@pytest.mark.parametrize("names", [("a", "b"), ("T-shirt/top", "Ankle boot", "$x$", "<b>"), tuple(map(str, range(47)))])
def test_any_class_names_fit(config_file, names):
    run = made_up_run(config_file, names=names)
    page = SquareFrame(run, "test", Style())
    page.image(1)
    for badge in page.scatter.badges.badges:
        box = badge.get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= page.figure.bbox.x1


def test_three_dimensions_turn(config_file):
    run = made_up_run(config_file, dimension=3)
    still = replace(run, snapshots=(run.snapshots[3],) * 2)
    page = SquareFrame(still, "test", Style())
    assert not np.array_equal(page.image(0), page.image(1))


def test_colours_differ_and_badges_can_be_read():
    colors = class_colors(47)
    assert len(set(colors)) == 47
    for color in colors:
        high, low = sorted((luminance(color), luminance(readable_on(color))), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5


def test_badges_of_a_sphere_do_not_overlap(config_file):
    """Tips that fall together as they are seen are pushed apart, and those that stand alone stay."""
    places = np.array([(0.0, 0.1), (0.02, 0.1), (0.9, 0.0), (-0.5, -0.5)])
    moved = pushed_apart(places, 0.2)
    assert np.linalg.norm(moved[0] - moved[1]) == pytest.approx(0.2)
    np.testing.assert_array_equal(moved[2:], places[2:])
    np.testing.assert_allclose(moved[:2].mean(axis=0), places[:2].mean(axis=0))


def test_rings_behind_the_sphere_are_paler(config_file):
    run = made_up_run(config_file, dimension=3)
    page = SquareFrame(run, "test", Style())
    page.image(2)
    front, behind = page.scatter.errors, page.scatter.errors_behind
    wrong = np.count_nonzero(run.snapshots[2].points("test").predictions != run.snapshots[2].points("test").labels)
    assert len(front.get_xdata()) + len(behind.get_xdata()) == wrong
    assert min(len(front.get_xdata()), len(behind.get_xdata())) > 0
    assert behind.get_alpha() < front.get_alpha()
