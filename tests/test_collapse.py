"""Neural collapse beside plain loops that were written from the papers alone."""

import itertools

import numpy as np
import pytest
from scipy.optimize import minimize

from marginalia.record.snapshot import Points
from marginalia.training.collapse import least_distance, neural_collapse


def by_loops(features, labels, predictions, weights):
    classes = sorted(set(labels))
    means = {c: np.mean([x for x, y in zip(features, labels, strict=True) if y == c], axis=0) for c in classes}
    middle = sum(means.values()) / len(classes)
    within = sum(np.outer(x - means[y], x - means[y]) for x, y in zip(features, labels, strict=True)) / len(labels)
    between = sum(np.outer(means[c] - middle, means[c] - middle) for c in classes) / len(classes)
    lengths = [np.sqrt(np.sum((means[c] - middle) ** 2)) for c in classes]
    cosines = [
        (means[a] - middle) @ (means[b] - middle) / (lengths[i] * lengths[j])
        for (i, a), (j, b) in itertools.combinations(enumerate(classes), 2)
    ]
    nc3 = [
        1 - weights[c] @ (means[c] - middle) / (np.sqrt(weights[c] @ weights[c]) * length)
        for c, length in zip(classes, lengths, strict=True)
    ]
    nearest = [min(classes, key=lambda c: np.sum((x - means[c]) ** 2)) for x in features]
    return {
        "nc1": np.trace(within @ np.linalg.pinv(between)) / len(classes),
        "nc2_norms": np.std(lengths) / np.mean(lengths),
        "nc2_angles": np.std(cosines),
        "nc3": np.mean(nc3),
        "nc4": np.mean([a == b for a, b in zip(nearest, predictions, strict=True)]),
    }


def hull_distance_in_the_plane(vectors):
    """The least distance of a point from the segments between others; all points lie on a circle, none inside."""
    found = []
    for k, point in enumerate(vectors):
        others = [vector for j, vector in enumerate(vectors) if j != k]
        for a, b in itertools.combinations(others, 2):
            along = np.clip((point - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)
            found.append(np.linalg.norm(point - a - along * (b - a)))
    return min(found)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("dimension", [2, 5])
def test_equals_plain_loops(seed, dimension):
    random = np.random.default_rng(seed)
    labels = np.concatenate((np.arange(6), random.integers(6, size=60)))
    weights = random.normal(size=(6, dimension))
    features = (weights[labels] * 3 + random.normal(size=(66, dimension))).astype(np.float32)
    predictions = random.integers(6, size=66)
    found = neural_collapse(Points(features, labels, predictions), weights)
    expected = by_loops(features.astype(np.float64), labels.tolist(), predictions.tolist(), weights)
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-6), name
    if dimension == 2:
        unit = weights / np.linalg.norm(weights, axis=1, keepdims=True)
        assert found["gnc2"] == pytest.approx(hull_distance_in_the_plane(unit), abs=1e-6)


def test_a_collapsed_space():
    """Every feature on its weight, ten weights evenly around the circle."""
    angles = 2 * np.pi * np.arange(10) / 10
    weights = np.stack((np.cos(angles), np.sin(angles)), axis=1)
    labels = np.repeat(np.arange(10), 5)
    found = neural_collapse(Points(weights[labels].astype(np.float32), labels, labels), weights)
    assert [found[name] for name in ("nc1", "nc2_norms", "nc3")] == pytest.approx([0, 0, 0], abs=1e-6)
    assert found["nc4"] == 1
    assert found["gnc2"] == pytest.approx(1 - np.cos(np.pi / 5), abs=1e-12)


def test_distance_of_a_point_inside_is_nothing():
    assert least_distance(np.array([[0.0, 0], [3, 0], [-3, 3], [-3, -3]])) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("dimension", [3, 7])
def test_distance_from_a_hull_equals_a_general_minimiser(dimension):
    points = np.random.default_rng(dimension).normal(size=(9, dimension))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    found = []
    for number, point in enumerate(points):
        others = np.delete(points, number, axis=0)
        sums_to_one = {"type": "eq", "fun": lambda shares: shares.sum() - 1}
        nearest = minimize(
            lambda shares, point=point, others=others: np.sum((point - shares @ others) ** 2), np.full(8, 1 / 8),
            method="SLSQP", bounds=[(0, 1)] * 8, constraints=sums_to_one, options={"ftol": 1e-15, "maxiter": 500},
        )  # fmt: skip
        found.append(np.sqrt(nearest.fun))
    assert least_distance(points) == pytest.approx(min(found), abs=1e-6)
