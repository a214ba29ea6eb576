"""The least loss that a head can reach."""

import math

import pytest
import torch

from marginalia.core.margin import MarginSpec, margin_too_large
from marginalia.losses.angle_linear import AngleLinear
from marginalia.losses.floor import loss_floor

MNIST = (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)


def normalised(s, m1=1.0, m2=0.0, m3=0.0):
    return MarginSpec(True, True, s, m1, m2, m3)


def formula(s, classes, m2, m3):
    """The loss of evenly spaced classes, all features on their weights."""
    angles = (2 * math.pi * k / classes for k in range(1, classes))
    return math.log(1 + sum(math.exp(s * (math.cos(angle) - math.cos(m2) + m3)) for angle in angles))


@pytest.mark.parametrize(
    ("s", "classes", "m2", "m3"), [(1, 10, 0, 0), (4, 10, 0, 0.1), (16, 10, 0.3, 0), (64, 5, 0, 0.3), (4, 3, 0.5, 0.2)]
)
def test_equals_the_formula_where_classes_are_equal_and_the_margin_feasible(s, classes, m2, m3):
    floor = loss_floor(normalised(s, m2=m2, m3=m3), (100,) * classes, 2)
    assert floor == pytest.approx(formula(s, classes, m2, m3), abs=1e-9)


def test_simplex_in_three_dimensions():
    expected = math.log(1 + 3 * math.exp(4 * (-1 / 3 - 1 + 0.1)))
    assert loss_floor(normalised(4, m3=0.1), (7,) * 4, 3) == pytest.approx(expected, abs=1e-9)


def test_unequal_classes_do_better_than_the_even_circle():
    assert 0.9526 < loss_floor(normalised(4, m3=0.1), MNIST, 2) < 0.9529 < formula(4, 10, 0, 0.1)


def test_an_infeasible_margin_merges_classes():
    assert loss_floor(normalised(64, m3=0.35), MNIST, 2) < formula(64, 10, 0, 0.35) - 1.7


@pytest.mark.parametrize("spec", [normalised(4, m3=0.1), normalised(16, m2=0.3), normalised(8, m1=2.0)])
def test_the_head_itself_never_gets_below(spec):
    """Features and weights of AngleLinear, free to move: 300 steps of Adam on the loss of training."""
    torch.manual_seed(0)
    counts = (5, 3, 4, 8)
    labels = torch.repeat_interleave(torch.arange(4), torch.tensor(counts))
    head = AngleLinear(2, 4, spec).double()
    aside = 0.3 * torch.randn(len(labels), 2, dtype=torch.float64)
    features = (head.weight.detach()[labels] + aside).requires_grad_()
    optimizer = torch.optim.Adam([features, *head.parameters()], lr=0.05)
    for _ in range(300):
        optimizer.zero_grad()
        loss = head.loss(features, labels)
        loss.backward()
        optimizer.step()
    floor = loss_floor(spec, counts, 2)
    assert floor - 1e-6 <= loss.item() < floor + 0.2


@pytest.mark.parametrize("spec", [MarginSpec(True, False, 1, 3, 0, 0), MarginSpec(False, False, 1, 1, 0, 0)])
def test_no_floor_where_a_norm_can_grow(spec):
    assert math.isnan(loss_floor(spec, MNIST, 2))


def test_nothing_is_said_of_a_margin_that_fits(config_file):
    said = {name: margin_too_large(spec, 10, 2) for name, spec in config_file.margins().items()}
    assert [name for name, line in said.items() if line] == ["CosFace_v2"]
    assert "m3 = 0.2" in said["CosFace_v2"]
    assert "largest feasible m3 is 0.19" in said["CosFace_v2"]


@pytest.mark.parametrize(
    ("spec", "largest"), [(normalised(4, m3=0.4), "m3 is 0.19"), (normalised(4, m2=0.7), "m2 is 0.628")]
)
def test_the_largest_feasible_margin_is_named(spec, largest):
    assert largest in margin_too_large(spec, 10, 2)
    assert margin_too_large(spec, 3, 2) is None
