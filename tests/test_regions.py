"""The sectors that are drawn, against argmax on a fine grid, against the head that trains, and after real training."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.path import Path

from marginalia.config.config_file import read_config
from marginalia.core.margin import MarginSpec, psi
from marginalia.record.snapshot import Snapshot
from marginalia.training.loop import train
from marginalia.viz.figures.between_two import half_width
from marginalia.viz.regions import TURN, Arc, cells, decision_arcs, on_circle, training_arcs
from marginalia.viz.sectors import between

from .conftest import ROOT

CONFIG = read_config(ROOT / "config.json")
LOSSES, PRESETS = list(CONFIG.rows), list(CONFIG.margins())
FURTHER = [name for name in LOSSES if name not in PRESETS]
TOUCHING = 1e-5


def arc_at(arcs: list[Arc], angles: np.ndarray) -> np.ndarray:
    """The label of the arc that holds each direction, -1 where there is none."""
    found = np.full(len(angles), -1)
    for arc in arcs:
        found[(angles - arc.start) % TURN < arc.width] = arc.label
    return found


def far_from_edges(arcs: list[Arc], angles: np.ndarray) -> np.ndarray:
    """Whether each direction is farther from every boundary than float32 can tell."""
    edges = np.array([edge for arc in arcs for edge in (arc.start, arc.start + arc.width)] or [np.inf])
    with np.errstate(invalid="ignore"):
        distance = np.abs((angles[:, None] - edges + np.pi) % TURN - np.pi)
    return ~(distance < TOUCHING).any(axis=1)


def random_weights(seed: int, classes: int = 10) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.normal(size=(classes, 2)) * random.uniform(0.3, 2, (classes, 1))


@pytest.mark.parametrize("lossname", ["softmax", "CosFace_v1"])
@pytest.mark.parametrize("seed", range(5))
def test_decision_arcs_are_the_argmax(config_file, lossname, seed):
    spec = config_file.margin(lossname)
    weights = random_weights(seed)
    arcs = decision_arcs(weights, spec)
    assert sum(arc.width for arc in arcs) == pytest.approx(TURN)
    angles = np.linspace(0, TURN, 36001)
    used = weights / np.linalg.norm(weights, axis=1, keepdims=True) if spec.w_norm else weights
    expected = (used @ on_circle(angles)).argmax(axis=0)
    clear = far_from_edges(arcs, angles)
    assert clear.mean() > 0.99
    np.testing.assert_array_equal(arc_at(arcs, angles)[clear], expected[clear])


def test_a_weight_inside_the_others_has_no_sector(config_file):
    weights = np.array([(1, 0), (-1, 1), (-1, -1), (0.1, 0.05)], dtype=float)
    assert {arc.label for arc in decision_arcs(weights, config_file.margin("softmax"))} == {0, 1, 2}


def test_weights_on_a_line_have_no_sector_of_a_whole_turn(config_file):
    """Two sides of the hull may be parallel but for rounding, and the class between them has no width."""
    weights = np.array(
        [
            (-0.11033384490655321, -0.3310015347196596),
            (-0.07250246402444398, -0.21750739207333195),
            (-0.07818052573180567, -0.23454157719541702),
            (0.026697585639439247, 0.08009275691831774),
        ]
    )
    arcs = decision_arcs(weights, config_file.margin("softmax"))
    assert sum(arc.width for arc in arcs) == pytest.approx(TURN)


def test_the_first_of_equal_weights_has_the_sector(config_file):
    weights = np.tile(on_circle(np.array([1.0, 3, 5])).T, (2, 1))
    assert {arc.label for arc in decision_arcs(weights, config_file.margin("softmax"))} == {0, 1, 2}


@pytest.mark.parametrize("weights", [np.zeros((3, 2)), np.ones((2, 2)), np.array([(1.0, 0), (-1.0, 0)])])
def test_degenerate_weights(config_file, weights):
    for lossname in ("softmax", "ArcFace_v1"):
        arcs = decision_arcs(weights, config_file.margin(lossname))
        assert sum(arc.width for arc in arcs) == pytest.approx(TURN)
        training_arcs(weights, config_file.margin(lossname))


@pytest.mark.parametrize("lossname", PRESETS)
@pytest.mark.parametrize("seed", range(3))
def test_training_arcs_are_where_the_margin_is_kept(config_file, lossname, seed):
    """Against the logits of training, which know nothing of arcs, for every class and direction."""
    spec, weights = config_file.margin(lossname), random_weights(seed)
    arcs = training_arcs(weights, spec)
    angles = np.linspace(0, TURN, 7201)[:-1]
    drawn = arc_at(arcs, angles)
    clear = far_from_edges(arcs, angles)
    used = weights / np.linalg.norm(weights, axis=1, keepdims=True) if spec.w_norm else weights
    for label in range(len(weights)):
        logits, length = used @ on_circle(angles), np.linalg.norm(used[label])
        logits[label] = length * psi(np.arccos(np.clip(logits[label] / length, -1, 1)), spec)
        kept = logits.argmax(axis=0) == label
        np.testing.assert_array_equal((drawn == label)[clear], kept[clear])


@pytest.mark.parametrize("lossname", PRESETS)
def test_the_band_is_as_wide_as_psi_says(config_file, lossname):
    """Ten even directions: each training arc is twice the angle that solves psi(t) = cos(36 degrees - t)."""
    spec = config_file.margin(lossname)
    arcs = training_arcs(on_circle(np.arange(10) * TURN / 10).T, spec)
    expected = 2 * half_width(TURN / 10, spec)
    if np.isnan(expected):
        assert lossname == "CosFace_v2"
        assert not arcs
        return
    assert len(arcs) == 10
    np.testing.assert_allclose([arc.width for arc in arcs], expected, atol=1e-9)


@pytest.mark.parametrize("m3", [0.0, 1e-16, 1e-13])
def test_arcs_that_touch_leave_no_gap(config_file, m3):
    for seed in range(10):
        spec = MarginSpec(w_norm=True, x_norm=True, s=4, m1=1, m2=0, m3=m3)
        gaps = between(training_arcs(random_weights(seed), spec))
        assert sum(arc.width for arc in gaps) < 1e-5


def test_a_margin_of_nothing_leaves_no_band(config_file):
    weights = random_weights(1)
    spec = MarginSpec(w_norm=True, x_norm=True, s=4, m1=1, m2=0, m3=0)
    assert sum(arc.width for arc in training_arcs(weights, spec)) == pytest.approx(TURN)


def trained(config, dataset) -> Snapshot:
    *_, last = (progress.snapshot for progress in train(config, dataset) if progress.snapshot)
    return last


@pytest.mark.parametrize("lossname", FURTHER)
def test_further_heads_too(tiny, few_digits, lossname):
    """Sectors of the angular heads, cells of those that look at distances."""
    config = tiny(lossname, basemodel="MiniResnet18")
    last = trained(config, few_digits)
    if config.loss.regions == "cells":
        polygons = [Path(polygon) for polygon in cells(last.class_weights, 100.0)]
        found = np.array([[path.contains_point(x) for path in polygons] for x in last.points("test").features])
        single = found.sum(axis=1) == 1
        assert single.mean() > 0.95
        np.testing.assert_array_equal(found.argmax(axis=1)[single], last.points("test").predictions[single])
    elif config.loss.regions == "sectors":
        arcs = decision_arcs(last.class_weights, config.loss.inference_spec)
        angles = np.arctan2(last.points("test").features[:, 1], last.points("test").features[:, 0])
        clear = far_from_edges(arcs, angles)
        np.testing.assert_array_equal(arc_at(arcs, angles)[clear], last.points("test").predictions[clear])


def test_cells_are_the_nearest_weight():
    weights = random_weights(3)
    points = np.random.default_rng(0).uniform(-3, 3, (2000, 2))
    nearest = np.linalg.norm(points[:, None] - weights, axis=2).argmin(axis=1)
    inside = [Path(polygon).contains_points(points) for polygon in cells(weights, 3.0)]
    np.testing.assert_array_equal(np.argmax(inside, axis=0), nearest)
    assert sum(polygon_area(polygon) for polygon in cells(weights, 3.0)) == pytest.approx(36)


def polygon_area(corners: np.ndarray) -> float:
    x, y = corners.T
    return float(abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2)


@pytest.mark.parametrize("lossname", PRESETS)
def test_after_training_a_point_is_drawn_where_the_model_puts_it(tiny, few_digits, lossname):
    last = trained(tiny(lossname, epochs=1), few_digits)
    arcs = decision_arcs(last.class_weights, tiny(lossname).loss.inference_spec)
    angles = np.arctan2(last.points("test").features[:, 1], last.points("test").features[:, 0])
    clear = far_from_edges(arcs, angles)
    assert clear.sum() > 95
    np.testing.assert_array_equal(arc_at(arcs, angles)[clear], last.points("test").predictions[clear])
