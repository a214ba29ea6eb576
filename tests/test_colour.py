"""Images in colour and of other sizes: CIFAR-10, and a folder of photographs with --image-size."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from marginalia.core.errors import InputError
from marginalia.data.sources import load_dataset, sources
from marginalia.models import ENCODERS
from marginalia.record.store import read_run

COLOURS = {"blue": (40, 60, 200), "red": (200, 50, 40)}


@pytest.fixture
def photographs(tmp_path):
    """Two classes of 24 noisy images of 40 x 30 pixels, as bright as each other: only their colours differ."""
    random = np.random.default_rng(0)
    for name, colour in COLOURS.items():
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(24):
            pixels = np.clip(random.normal(colour, 20, (30, 40, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{number}.png")
    return tmp_path / "photos"


def test_a_folder_in_colour(photographs):
    dataset = load_dataset(f"folder:{photographs}", photographs, 32)
    assert dataset.image_shape == (32, 32, 3)
    assert (len(dataset.train), len(dataset.test)) == (40, 8)
    for label, name in enumerate(dataset.class_names):
        mean = dataset.train.images[dataset.train.labels == label].mean(axis=(0, 1, 2))
        np.testing.assert_allclose(mean, COLOURS[name], atol=8)
    assert load_dataset(f"folder:{photographs}", photographs).image_shape == (28, 28)


@pytest.mark.parametrize("basemodel", ENCODERS)
def test_photographs_train_and_have_a_page(run, photographs, tmp_path, basemodel):
    code, out, err = run(
        "main.py", "--lossname", "softmax", "--dataset", f"folder:{photographs}", "--image-size", 32, "--crop", 2,
        "--basemodel", basemodel, "--epochs", 8, "--batch-size", 20, "--snapshots", 1, "--lr", 0.01,
        "--outputs", tmp_path / "out",
    )  # fmt: skip
    assert (code, err) == (0, ""), out
    (folder,) = (path for path in (tmp_path / "out").iterdir() if (path / "run.json").exists())
    assert read_run(folder).snapshots[-1].metrics["test_accuracy"] == 1
    assert json.loads((folder / "run.json").read_text())["settings"]["data"]["image_size"] == 32
    code, out, _ = run(
        "create_gif.py", "--outputs", tmp_path / "out", "--lossname", folder.name, "--page", tmp_path / "a.html"
    )
    assert (code, (tmp_path / "a.html").exists()) == (0, True), out


def test_cifar_10_is_what_torchvision_gives(monkeypatch, tmp_path):
    random = np.random.default_rng(1)

    def made_up(folder, train, download):
        assert (folder, download) == (tmp_path, True)
        count = 20 if train else 10
        images = random.integers(256, size=(count, 32, 32, 3), dtype=np.uint8)
        return SimpleNamespace(
            data=images, targets=[i % 10 for i in range(count)], classes=[f"c{i}" for i in range(10)]
        )

    monkeypatch.setattr("torchvision.datasets.CIFAR10", made_up)
    dataset = load_dataset("cifar-10", tmp_path)
    assert (dataset.image_shape, len(dataset.train), len(dataset.test)) == ((32, 32, 3), 20, 10)
    assert dataset.train.labels.dtype == np.int64


def test_cifar_10_that_is_nowhere_is_refused_in_one_line(tmp_path, monkeypatch):
    def offline(*_, **__):
        raise RuntimeError("no network\nmore")

    monkeypatch.setattr("torchvision.datasets.CIFAR10", offline)
    with pytest.raises(InputError, match=r"cifar-10 is not whole .* \(no network\); go online"):
        load_dataset("cifar-10", tmp_path)


def test_a_size_is_for_folders_only(run, tmp_path):
    code, _, err = run("main.py", "--lossname", "softmax", "--image-size", 32, "--outputs", tmp_path)
    assert (code, err.count("\n")) == (2, 1)
    assert "image_size is for folder:PATH; mnist has a size of its own" in err


def test_an_unknown_data_set_names_all(run, tmp_path):
    code, _, err = run("main.py", "--lossname", "softmax", "--dataset", "help", "--outputs", tmp_path)
    assert code == 2
    assert all(name in err for name in (*sources(), "folder:PATH", "FILE.npz"))


def test_a_new_module_of_the_folder_is_found(monkeypatch, few_digits):
    """What CONTRIBUTING.md promises: a file with SOURCES in marginalia/data/ is all."""
    module = SimpleNamespace(SOURCES={"digits-of-mine": lambda data_dir: few_digits})
    monkeypatch.setattr("pkgutil.iter_modules", lambda *_: [SimpleNamespace(name="marginalia.data.mine", ispkg=False)])
    monkeypatch.setitem(sys.modules, "marginalia.data.mine", module)
    sources.cache_clear()
    try:
        assert load_dataset("digits-of-mine", None) is few_digits
    finally:
        monkeypatch.undo()
        sources.cache_clear()


@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (3, 40, 28)])
def test_encoders_take_images_of_any_shape(name, shape):
    assert ENCODERS[name](2, shape)(torch.zeros(3, *shape)).shape == (3, 2)
