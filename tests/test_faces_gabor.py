"""The recogniser for few images: its filters, its whitening, and when that is set."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from faces.backbones import build_backbone
from faces.batches import MOST_EXAMPLES, VIEWS, examples
from faces.folder import FaceFolder
from faces.gabor import DAMPING, LENGTH, ORIENTATIONS, GaborNet
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
    assert np.abs(network.whitening[kept:].numpy()).max(initial=0) == 0


def test_examples_that_are_all_alike_and_images_of_any_size():
    for size in ((10, 10), (17, 33), (400, 700)):
        network = build_backbone("gabor-conv4", 10, size)
        network.gabor.whiten(network.gabor.magnitudes(torch.full((4, 3, *size), 0.5)))
        assert torch.isfinite(network.train()(torch.rand(3, 3, *size))).all()


def test_each_image_teaches_one_of_two_networks():
    torch.manual_seed(0)
    network = build_backbone("gabor-conv4", 20, SIZE)
    examples = torch.rand(32, 3, *SIZE)
    network.gabor.whiten(network.gabor.magnitudes(examples))
    parts = network.train()(examples).split((16, 4), dim=1)
    lengths = torch.stack([part.norm(dim=1) for part in parts])
    assert torch.equal((lengths > 0).sum(0), torch.ones(32, dtype=torch.int64))
    assert 0 < int((lengths[0] > 0).sum()) < 16
    features = network.eval()(examples)
    assert torch.allclose(features.norm(dim=1), torch.full((32,), LENGTH))
    apart = [
        F.normalize(own(images)) for own, images in ((network.gabor, examples), (network.other, smaller(examples)))
    ]
    cosines = [part @ part.T for part in apart]
    assert torch.allclose(features @ features.T / LENGTH**2, 0.7 * cosines[0] + 0.3 * cosines[1], atol=1e-5)


def smaller(images: torch.Tensor) -> torch.Tensor:
    return F.interpolate(images, (32, 48), mode="area")


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
