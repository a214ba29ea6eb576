"""The recogniser for few images: its filters, its whitening, and when that is set."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from faces.batches import MOST_EXAMPLES, VIEWS, examples
from faces.folder import FaceFolder
from faces.gabor import DAMPING, ORIENTATIONS, GaborNet
from faces.recipe import recipe_named

SIZE = (48, 64)
CELLS = 3 * 4


def grating(wavelength: float, orientation: int) -> torch.Tensor:
    """An image (1, 3, H, W) of waves in the direction of one of the filters."""
    down, right = torch.meshgrid(torch.arange(SIZE[0]), torch.arange(SIZE[1]), indexing="ij")
    angle = math.pi * orientation / ORIENTATIONS
    waves = torch.cos(2 * math.pi / wavelength * (right * math.cos(angle) + down * math.sin(angle)))
    return waves.expand(1, 3, *SIZE)


@pytest.mark.parametrize(("wavelength", "filter_bank"), [(4, 0), (4 * 2**0.5, 1), (8, 2), (16 * 2**0.5, 5)])
def test_each_filter_answers_to_its_own_waves(wavelength, filter_bank):
    network = GaborNet(8, SIZE)
    for orientation in range(ORIENTATIONS):
        answers = network.magnitudes(grating(wavelength, orientation)).view(6, ORIENTATIONS, CELLS).mean(2)
        assert divmod(int(answers.argmax()), ORIENTATIONS) == (filter_bank, orientation)


def test_magnitudes_ignore_brightness_and_contrast():
    images = torch.rand(2, 3, *SIZE)
    network = GaborNet(8, SIZE).double()
    found = network.magnitudes(images.double())
    assert torch.allclose(network.magnitudes(images.double() * 0.5 + 0.3), found, atol=1e-3)
    assert torch.allclose(found.norm(dim=1), torch.ones(2).double())
    plain = network.magnitudes(torch.full((1, 3, *SIZE), 0.4).double())
    assert torch.isfinite(plain).all()


@pytest.mark.parametrize("dimension", [5, 1000])
def test_whitening_is_that_of_numpy(dimension):
    """A damped whitening by singular values, for fewer and for more numbers than the magnitudes have."""
    magnitudes = np.random.default_rng(0).random((40, 6 * ORIENTATIONS * CELLS)) ** 3
    network = GaborNet(dimension, SIZE).double()
    network.whiten(torch.from_numpy(magnitudes))
    _, singular, rows = np.linalg.svd(magnitudes - magnitudes.mean(0), full_matrices=False)
    kept = min(dimension, 39)
    variances = singular[:kept] ** 2 / 40
    expected = rows[:kept] / np.sqrt(variances + DAMPING * (singular**2).sum() / 40)[:, None]
    found = network.whitening[:kept].numpy()
    assert np.allclose(found.T @ found, expected.T @ expected, atol=1e-9 * np.abs(expected).max() ** 2)
    assert np.allclose(network.mean, magnitudes.mean(0))


def test_examples_come_from_all_over_a_large_folder(monkeypatch):
    read = []
    monkeypatch.setattr(
        "faces.batches.read_pixels", lambda path, shape: read.append(path.name) or np.zeros((*shape, 3), np.uint8)
    )
    folder = FaceFolder(Path("faces"), ("a",), tuple(map(str, range(2501))), np.zeros(2501, int))
    views = list(examples(folder, recipe_named("few-images", {"size": "16x16"}), 0))
    assert sum(len(part) for part in views) == MOST_EXAMPLES * VIEWS
    numbers = [int(name) for name in read]
    assert (numbers[0], numbers[-1], len(set(numbers))) == (0, 2500, MOST_EXAMPLES)
