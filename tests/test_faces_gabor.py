"""The recogniser for few images: its filters, its whitening, and when that is set."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from marginalia.faces.backbones import build_backbone
from marginalia.faces.batches import EXAMPLES_OF_ONE, MOST_EXAMPLES, examples
from marginalia.faces.folder import FaceFolder
from marginalia.faces.gabor import BETWEEN, DAMPING, ORIENTATIONS, WhitenedGabor, means_over_cells
from marginalia.faces.recipe import recipe_named

SIZE = (48, 64)


def grating(wavelength: float, orientation: int) -> torch.Tensor:
    """An image (1, 3, H, W) of waves in the direction of one of the filters."""
    down, right = torch.meshgrid(torch.arange(SIZE[0]), torch.arange(SIZE[1]), indexing="ij")
    angle = math.pi * orientation / ORIENTATIONS
    waves = torch.cos(2 * math.pi / wavelength * (right * math.cos(angle) + down * math.sin(angle)))
    return waves.expand(1, 3, *SIZE)


@pytest.mark.parametrize(("wavelength", "filter_bank"), [(4, 0), (4 * 2**0.5, 1), (8, 2), (16 * 2**0.5, 5)])
def test_each_filter_answers_to_its_own_waves_and_to_their_mirror_image(wavelength, filter_bank):
    """Those between an axis and a diagonal are left out: a filter between one and its mirror image hears both."""
    network = WhitenedGabor(SIZE)
    for orientation in range(0, ORIENTATIONS, 2):
        answers = network.magnitudes(grating(wavelength, orientation)).view(6, ORIENTATIONS, -1).mean(2)
        strongest = {divmod(int(place), ORIENTATIONS) for place in answers.flatten().topk(2).indices}
        expected = {(filter_bank, orientation), (filter_bank, -orientation % ORIENTATIONS)}
        assert expected <= strongest


def test_means_over_cells_are_those_of_torch():
    maps = torch.rand(2, 3, 23, 14, dtype=torch.float64)
    for grid in ((7, 6), (23, 14), (30, 1)):
        assert torch.allclose(means_over_cells(maps, grid), F.adaptive_avg_pool2d(maps, grid), atol=1e-12)


@pytest.mark.parametrize("size", [(48, 64), (112, 80), (40, 96), (17, 24)])
def test_magnitudes_of_a_mirrored_image_are_the_same(size):
    network = WhitenedGabor(size).double()
    images = torch.rand(3, 3, *size, dtype=torch.float64)
    found = network.magnitudes(images)
    assert torch.allclose(network.magnitudes(images.flip(3)), found, atol=1e-12)
    assert not torch.allclose(network.magnitudes(images.flip(2)), found, atol=1e-3)
    assert not torch.allclose(network.magnitudes(images.roll(size[1] // 4, 3)), found, atol=1e-3)


def test_a_column_that_is_its_own_mirror_image_counts_once():
    waves = torch.cos(2 * math.pi / 8 * torch.arange(112.0))[:, None].expand(1, 3, 112, 80)
    columns = WhitenedGabor((112, 80)).magnitudes(waves).square().view(-1, 3).sum(0)
    assert torch.allclose(columns, torch.tensor([0.4, 0.4, 0.2]), atol=1e-3)


def test_magnitudes_ignore_brightness_and_contrast():
    images = torch.rand(2, 3, *SIZE)
    network = WhitenedGabor(SIZE).double()
    found = network.magnitudes(images.double())
    assert torch.allclose(network.magnitudes(images.double() * 0.5 + 0.3), found, atol=1e-3)
    assert torch.allclose(found.norm(dim=1), torch.ones(2).double())
    plain = network.magnitudes(torch.full((1, 3, *SIZE), 0.4).double())
    assert torch.isfinite(plain).all()


@pytest.mark.parametrize("examples", [40, 400])
def test_whitening_is_that_of_numpy(examples):
    """By eigenvalues, of fewer and of more examples than the magnitudes have numbers; people differ in number."""
    network = WhitenedGabor(SIZE).double()
    numbers = len(network.mean)
    magnitudes = np.random.default_rng(0).random((examples, numbers)) ** 3
    people = np.arange(examples) ** 2 % 10
    magnitudes += np.random.default_rng(1).random((10, numbers))[people]
    network.whiten(torch.from_numpy(magnitudes), torch.from_numpy(people))
    means = np.stack([magnitudes[people == person].mean(0) for person in people])
    covariance = np.cov((magnitudes - means).T, bias=True) + BETWEEN * np.cov(means.T, bias=True)
    variances, directions = np.linalg.eigh(covariance)
    expected = directions / (variances + DAMPING * np.trace(covariance)) @ directions.T
    found = network.whitening.numpy()
    assert np.allclose(found.T @ found, expected, atol=1e-9 * np.abs(expected).max())
    images = torch.rand(5, 3, *SIZE, dtype=torch.float64)
    features, deviations = network(images).numpy(), network.magnitudes(images).numpy() - magnitudes.mean(0)
    assert np.allclose(features @ features.T, deviations @ expected @ deviations.T)


def test_examples_that_are_all_alike_and_images_of_any_size():
    for size in ((10, 10), (17, 33), (400, 700)):
        network = build_backbone("gabor-conv4", 10, size)
        network.gabor.whiten(network.gabor.magnitudes(torch.full((4, 3, *size), 0.5)), torch.arange(4) // 2)
        assert torch.isfinite(network.train()(torch.rand(3, 3, *size))).all()
        assert torch.isfinite(network.eval()(torch.rand(3, 3, *size))).all()


def test_the_loss_sees_the_learnt_features_alone_and_later_both_count():
    torch.manual_seed(0)
    network = build_backbone("gabor-conv4", 20, SIZE)
    images = torch.rand(32, 3, *SIZE)
    network.gabor.whiten(network.gabor.magnitudes(images), torch.arange(32) // 4)
    assert network.train()(images).shape == (32, 20)
    features = network.eval()(images)
    assert torch.allclose(features.norm(dim=1), torch.ones(32))
    given, learnt = (
        F.normalize(own(seen)) for own, seen in ((network.gabor, images), (network.other, smaller(images)))
    )
    assert torch.allclose(features @ features.T, 0.8 * given @ given.T + 0.2 * learnt @ learnt.T, atol=1e-5)
    assert {name.split(".")[0] for name, _ in network.named_parameters()} == {"other"}


def smaller(images: torch.Tensor) -> torch.Tensor:
    return F.interpolate(images, (32, 48), mode="bilinear", antialias=True)


def test_examples_of_a_small_folder_are_all_images(monkeypatch):
    folder = many_people(monkeypatch, people=20, images_of_one=7)
    pixels, labels = whole(examples(folder, recipe_named("few-images", {"size": "16x16"})))
    assert torch.equal(pixels[:, 0, 0, 0], torch.arange(140) // 7)
    assert torch.equal(labels, torch.from_numpy(folder.labels))


def test_examples_of_a_large_folder_are_some_images_each_of_people_from_all_over_it(monkeypatch):
    folder = many_people(monkeypatch, people=250, images_of_one=46)
    pixels, labels = whole(examples(folder, recipe_named("few-images", {"size": "16x16"})))
    assert len(labels) == MOST_EXAMPLES
    assert torch.equal(pixels[:, 0, 0, 0].long(), labels)
    people, counts = labels.unique(return_counts=True)
    assert (int(people[0]), int(people[-1]), len(people)) == (0, 249, MOST_EXAMPLES // EXAMPLES_OF_ONE)
    assert torch.equal(counts, torch.full_like(people, EXAMPLES_OF_ONE))


@pytest.mark.parametrize(("people", "images_of_one"), [(2, 600), (10, 101), (40, 30)])
def test_examples_of_few_people_with_many_images_are_many_images_of_all(monkeypatch, people, images_of_one):
    folder = many_people(monkeypatch, people, images_of_one)
    _, labels = whole(examples(folder, recipe_named("few-images", {"size": "16x16"})))
    assert torch.equal(labels.unique(return_counts=True)[1], torch.full((people,), MOST_EXAMPLES // people))


def many_people(monkeypatch, people: int, images_of_one: int) -> FaceFolder:
    """Images that show nothing but the number of their person."""
    labels = np.arange(people).repeat(images_of_one)
    monkeypatch.setattr(
        "marginalia.faces.batches.read_pixels",
        lambda path, mode, reading, shape: np.full((*shape, 3), labels[int(path.name)], np.uint8),
    )
    return FaceFolder(Path("faces"), tuple(map(str, range(people))), tuple(map(str, range(len(labels)))), labels)


def whole(parts) -> tuple[torch.Tensor, torch.Tensor]:
    pixels, labels = map(torch.cat, zip(*parts, strict=True))
    return pixels, labels
