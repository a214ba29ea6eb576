"""The camera: what it holds, that it changes no direction, and that what is written at its rings is true."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from marginalia.core.errors import InputError
from marginalia.record.metrics import unit
from marginalia.record.snapshot import Run
from marginalia.viz.camera import INSIDE, KINDS, Camera, widest_gap
from marginalia.viz.frames import SquareFrame
from marginalia.viz.geometry import CLOUD_REACH, half_height
from marginalia.viz.pull import pull
from marginalia.viz.regions import cells
from marginalia.viz.sectors import BEYOND
from marginalia.viz.style import Style
from marginalia.viz.tween import tweened

from .made_up import drawn, made_up_run

GROWTH = (1e-3, 1, 30, 2e4)


@pytest.fixture
def growing(config_file) -> Run:
    """Features that grow from a thousandth to twenty thousand, as under CosFace."""
    return grown(made_up_run(config_file, "softmax"))


def grown(run: Run) -> Run:
    snapshots = [
        replace(snapshot, splits={split: replace(points, features=(points.features * factor).astype(np.float32))
                                  for split, points in snapshot.splits.items()})
        for snapshot, factor in zip(run.snapshots, GROWTH, strict=True)
    ]  # fmt: skip
    return replace(run, snapshots=tuple(snapshots))


def camera_of(run: Run, kind: str) -> Camera:
    camera = Camera(kind)
    camera.widen(run)
    return camera


@pytest.mark.parametrize("kind", ["follow", "log"])
def test_nearly_all_are_inside_the_rim_and_the_others_are_counted(growing, kind):
    camera = camera_of(growing, kind)
    for snapshot in growing.snapshots:
        points = snapshot.points("test")
        seen = np.linalg.norm(camera.seen(points.features, snapshot), axis=1)
        beyond = camera.beyond(points, snapshot)
        assert beyond == np.count_nonzero(seen > CLOUD_REACH * (1 + 1e-6)) <= (1 - INSIDE) * len(seen) + 1
        assert seen.max() <= CLOUD_REACH * 1.03 * (1 + 1e-6)


def test_a_camera_that_follows_fills_every_frame(growing):
    camera = camera_of(growing, "follow")
    for snapshot in growing.snapshots:
        seen = np.linalg.norm(camera.seen(snapshot.points("test").features, snapshot), axis=1)
        assert np.quantile(seen, 0.99) > 0.2 * CLOUD_REACH
    fixed = camera_of(growing, "fixed")
    first = growing.snapshots[0]
    assert np.linalg.norm(fixed.seen(first.points("test").features, first), axis=1).max() < 1e-6 * fixed.reach


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dimension", [2, 3])
def test_directions_are_exact(config_file, kind, dimension):
    run = grown(made_up_run(config_file, "softmax", dimension=dimension))
    camera = camera_of(run, kind)
    for snapshot in run.snapshots:
        features = snapshot.points("test").features.astype(np.float64)
        seen = camera.seen(features, snapshot)
        cosines = np.sum(features * seen, axis=1) / np.linalg.norm(features, axis=1) / np.linalg.norm(seen, axis=1)
        np.testing.assert_allclose(cosines, 1, rtol=1e-12)
    assert not camera.seen(np.zeros((1, dimension)), run.snapshots[0]).any()


def test_longer_features_stand_further_out_on_one_scale_of_the_whole_run(growing):
    camera = camera_of(growing, "log")
    ray = np.geomspace(1e-4, 1e4, 50)[:, None] * [[1.0, 0]]
    places = [camera.seen(ray, snapshot)[:, 0] for snapshot in growing.snapshots]
    assert (np.diff(places[0]) > 0).all()
    for other in places[1:]:
        np.testing.assert_array_equal(other, places[0])


def test_a_fixed_camera_is_as_it_was(growing):
    camera = camera_of(growing, "fixed")
    features = growing.snapshots[2].points("train").features
    assert camera.seen(features, growing.snapshots[2]) is features
    assert camera.reach == half_height(growing)
    page = SquareFrame(growing, "test", Style(camera="fixed"))
    page.show(2)
    assert page.lengths.get_text() == ""
    assert page.scatter.lengths is None


def test_it_moves_smoothly_between_snapshots(growing):
    camera = camera_of(growing, "follow")
    rims = [camera.rim(snapshot) for snapshot in tweened(growing, 9).snapshots]
    assert rims[::10] == [camera.rim(snapshot) for snapshot in growing.snapshots]
    steps = np.diff(np.log(rims))
    for part in steps.reshape(3, 10):
        np.testing.assert_allclose(part, part[0], rtol=1e-9)


@pytest.mark.parametrize("kind", ["follow", "log"])
def test_the_numbers_on_the_rings_are_lengths(growing, kind):
    """A feature of the length that stands at a ring would stand on that ring."""
    page = SquareFrame(growing, "test", Style(camera=kind))
    for number, snapshot in enumerate(growing.snapshots):
        page.show(number)
        rings = page.scatter.lengths
        shown = [label for label in rings.labels if label.get_visible()]
        assert 1 <= len(shown) <= 3
        for circle, label in zip(rings.circles, shown, strict=False):
            length = float(label.get_text().replace(",", ""))
            radius = np.linalg.norm(np.transpose(circle.get_data()), axis=1)
            place = np.linalg.norm(page.scatter.camera.seen(np.array([[length, 0]]), snapshot))
            np.testing.assert_allclose(radius, place, rtol=1e-6)
            assert np.hypot(*label.get_position()) == pytest.approx(place)
        beyond = page.scatter.camera.beyond(snapshot.points("test"), snapshot)
        assert page.lengths.get_text().startswith("|x| up to ")
        assert (f", {beyond} beyond" in page.lengths.get_text()) == (beyond > 0)


def test_a_made_up_moment_shows_only_measured_numbers(growing):
    smooth = tweened(growing, 3)
    page = SquareFrame(growing, "test", Style())
    page.run = smooth
    texts = []
    for number in (4, 6):
        page.show(number)
        texts.append(page.lengths.get_text())
    assert texts[0] == texts[1]


def test_the_rings_are_labelled_where_no_class_points():
    assert widest_gap(np.array([[1.0, 0], [0, 1], [-1, 0]])) == pytest.approx(1.5 * np.pi)
    assert widest_gap(np.empty((0, 2))) == pytest.approx(np.pi / 4)


def test_features_that_are_all_zero_are_drawn(config_file):
    run = made_up_run(config_file, "softmax", snapshots=1)
    nothing = {split: replace(points, features=np.zeros_like(points.features))
               for split, points in run.snapshots[0].splits.items()}  # fmt: skip
    for kind in KINDS:
        page = SquareFrame(
            replace(run, snapshots=(replace(run.snapshots[0], splits=nothing),)), "test", Style(camera=kind)
        )
        page.show(0)
        dots = drawn(page.scatter.dots.front)
        assert dots.shape == (400, 2) and not dots.any()


def test_cells_are_those_of_the_weights_however_long_these_are(growing):
    """Weights beyond the rim must not be pulled to it, or the cells between them would be others."""
    weights = np.array([[9e5, 0], [1, 2], [-3, 1], [0, -4]] + [[0.1 * n, 1] for n in range(6)], np.float32)
    snapshots = tuple(replace(snapshot, class_weights=weights) for snapshot in growing.snapshots)
    celled = replace(growing, regions="cells", snapshots=snapshots)
    page = SquareFrame(celled, "test", Style())
    page.show(1)
    scale = page.scatter.camera.scale(celled.snapshots[1])
    expected = [polygon for polygon in cells(scale * weights, BEYOND) if len(polygon)]
    paths = [path.vertices for path in page.scatter.sectors.regions.get_paths() if len(path.vertices)]
    drawn = [path[: len(polygon)] for path, polygon in zip(paths, expected, strict=True)]
    for mine, theirs in zip(drawn, expected, strict=True):
        np.testing.assert_allclose(mine, theirs)
    page = SquareFrame(celled, "test", Style(camera="log"))
    page.show(1)
    assert page.scatter.sectors.regions.get_paths() == []


@pytest.mark.parametrize("camera", ["follow", "fixed"])
def test_arrows_are_the_pull_at_the_places_where_they_stand(growing, camera):
    page = SquareFrame(growing, "test", Style(camera=camera, pull="3"))
    for number in (0, 3):
        page.show(number)
        snapshot, field = growing.snapshots[number], page.scatter.pull
        features = field.arrows.get_offsets() / page.scatter.camera.scale(snapshot)
        expected = pull(np.asarray(features), 3, snapshot.class_weights, growing.spec)
        drawn = np.stack((field.arrows.U, field.arrows.V), axis=1)
        shares = np.linalg.norm(drawn, axis=1) / np.linalg.norm(drawn, axis=1).max()
        strength = np.linalg.norm(expected, axis=1)
        np.testing.assert_allclose(shares**2, strength / strength.max(), atol=1e-6)
        seen = strength > 1e-6 * strength.max()
        np.testing.assert_allclose(unit(drawn)[seen], unit(expected)[seen], atol=1e-6)
    page = SquareFrame(growing, "test", Style(camera="log", pull="3"))
    page.show(1)
    assert not page.scatter.pull.arrows.get_visible()


def test_a_pull_that_is_not_known_is_refused(growing):
    with pytest.raises(InputError, match="has no class 'ten'"):
        SquareFrame(growing, "test", Style(pull="ten"))
    with pytest.raises(InputError, match="losses of AngleLinear"):
        SquareFrame(replace(growing, head="RBF-softmax"), "test", Style(pull="3"))
