"""Lobes: how dense the directions of each class are, and how high that is drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from marginalia.record.snapshot import Points
from marginalia.viz.frames import SquareFrame
from marginalia.viz.lobes import BINS, LEAST, Lobes, densities, log_share
from marginalia.viz.style import Style

from .made_up import made_up_run


def test_lobes_are_the_density_of_directions(config_file):
    run = made_up_run(config_file, count=5000)
    points = run.snapshots[3].points("test")
    density = densities(points, 10)
    assert density.min() >= 0
    np.testing.assert_allclose(density.sum(axis=1) * 360 / BINS, 1, rtol=1e-6)
    for label in range(10):
        angles = np.degrees(np.arctan2(*points.features[points.labels == label].T[::-1])) % 360
        for degree in (30, 200):
            distance = (angles - degree - 0.1 + 180) % 360 - 180
            expected = np.mean(np.exp(-0.5 * (distance / 0.4) ** 2) / (0.4 * np.sqrt(2 * np.pi)))
            assert density[label, degree * BINS // 360] == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize(("spread", "peak"), [(0.0, 0.997), (0.5, 0.623), (1.2, 0.315), (8.0, 0.0498)])
def test_a_lobe_is_as_high_as_its_class_is_narrow(spread, peak):
    angles = np.radians(90.1 + spread * np.random.default_rng(0).normal(size=200_000))
    features = np.stack((np.cos(angles), np.sin(angles)), axis=1).astype(np.float32)
    density = densities(Points(features, np.zeros(len(angles), np.int64), None), 1)
    assert density.max() == pytest.approx(peak, rel=0.05)
    assert log_share(density.max()) == pytest.approx(1 + np.log10(peak) / 2, abs=0.02)


def test_the_outline_of_a_lobe_is_its_density(config_file):
    run = made_up_run(config_file, count=2000)
    page = SquareFrame(run, "test", Style())
    page.show(3)
    lobes: Lobes = page.scatter.lobes
    density = densities(run.snapshots[3].points("test"), 10)
    radii = np.concatenate([np.hypot(*path.vertices.T) for path in lobes.areas.get_paths()])
    assert radii.min() == pytest.approx(lobes.radius)
    assert radii.max() == pytest.approx(lobes.radius + lobes.height * float(log_share(density.max())))
    standing = np.count_nonzero(density > LEAST)
    drawn = sum(np.count_nonzero(np.hypot(*path.vertices.T) > lobes.radius + 1e-9) for path in lobes.areas.get_paths())
    assert drawn == standing
    assert np.hypot(*lobes.ticks[1].get_position()) == pytest.approx(lobes.radius + lobes.height), "100 % is the end"


def test_features_of_length_zero_point_nowhere(config_file):
    points = made_up_run(config_file).snapshots[3].points("test")
    nothing = replace(points, features=np.zeros_like(points.features))
    assert not densities(nothing, 10).any()
    half = points.features * (np.arange(400) % 2)[:, None].astype(np.float32)
    assert densities(replace(points, features=half), 10).sum() * 360 / BINS == pytest.approx(5, abs=0.8)
