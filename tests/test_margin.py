"""psi against a plain loop, and the properties that training relies on."""

import math

import numpy as np
import pytest
import torch

from marginalia.core.margin import MarginSpec, psi

ANGLES = np.linspace(0, math.pi, 721)
RANDOM = np.random.default_rng(7)
RANDOM_SPECS = [
    MarginSpec(True, True, 1.0, m1, m2, m3)
    for m1, m2, m3 in zip(RANDOM.uniform(1, 5, 20), RANDOM.uniform(0, 2, 20), RANDOM.uniform(0, 1, 20), strict=True)
]


def psi_by_hand(theta: float, spec: MarginSpec) -> float:
    """Counts the half turns instead of dividing."""
    bent, k = spec.m1 * theta + spec.m2, 0
    while bent >= (k + 1) * math.pi:
        k += 1
    return (math.cos(bent) if k % 2 == 0 else -math.cos(bent)) - 2 * k - spec.m3


def margins(config_file) -> list[MarginSpec]:
    return list(config_file.margins().values())


@pytest.fixture(params=range(31))
def spec(request, config_file):
    return [*margins(config_file), *RANDOM_SPECS][request.param]


def test_all_presets_are_tried(config_file):
    assert len(margins(config_file)) + len(RANDOM_SPECS) == 31


def test_against_a_plain_loop(spec):
    np.testing.assert_allclose(psi(ANGLES, spec), [psi_by_hand(t, spec) for t in ANGLES], atol=1e-9)


def test_torch_and_numpy_agree(spec):
    np.testing.assert_allclose(psi(torch.from_numpy(ANGLES), spec).numpy(), psi(ANGLES, spec), atol=1e-12)


def test_continuous_and_decreasing(spec):
    steps = np.diff(psi(np.linspace(0, math.pi, 20001), spec))
    assert steps.max() <= 1e-12
    assert steps.min() >= -spec.m1 * math.pi / 20000 - 1e-9


def test_no_margin_is_the_cosine():
    np.testing.assert_allclose(psi(ANGLES, MarginSpec(True, True, 1, 1, 0, 0)), np.cos(ANGLES), atol=1e-12)


def test_input_is_left_alone(spec):
    theta = torch.from_numpy(ANGLES.copy())
    psi(theta, spec)
    assert torch.equal(theta, torch.from_numpy(ANGLES))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [({"s": 0}, "s must be greater"), ({"m1": 0.5}, "m1"), ({"m2": -0.1}, "m2"), ({"m3": math.nan}, "finite")],
)
def test_ranges(change, complaint):
    numbers = {"w_norm": True, "x_norm": True, "s": 1.0, "m1": 1.0, "m2": 0.0, "m3": 0.0} | change
    with pytest.raises(ValueError, match=complaint):
        MarginSpec(**numbers)
