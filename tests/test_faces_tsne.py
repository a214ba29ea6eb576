"""t-SNE of features: the same twice, people stay together, and the picture says who they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from marginalia.core.errors import InputError
from marginalia.data.images import USUAL
from marginalia.faces.embeddings import embed, fused
from marginalia.faces.folder import FaceFolder
from marginalia.faces.protocol import cosine
from marginalia.viz.style import Style

pytest.importorskip("openTSNE")

from marginalia.faces.tsne import choose_people, walk
from marginalia.faces.tsne_sheet import TsneSheet, most_central


@pytest.fixture(scope="module")
def blobs():
    """Four people of 15 features each in eight dimensions, far apart by angle."""
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(4), 15)
    return np.eye(8)[labels] + 0.05 * random.normal(size=(60, 8)), labels


def test_people_stay_together_and_the_walk_is_the_same_twice(blobs):
    features, labels = blobs
    first, second = walk(features, 0), walk(3 * features, 0)
    np.testing.assert_allclose(first.positions, second.positions, atol=1e-3)  # only angles count
    assert (first.iterations[0], first.iterations[-1], len(first.positions)) == (0, 750, len(first.iterations))
    last = first.positions[-1]
    distances = np.linalg.norm(last[:, None] - last, axis=2) + np.where(np.eye(60, dtype=bool), np.inf, 0)
    assert (labels[distances.argmin(axis=1)] == labels).all()


def test_the_page_names_everybody(blobs):
    features, labels = blobs
    people = ("Ann_A", "Bob", "Cid", "Dee$")
    page = TsneSheet(walk(features, 0), labels, people, "model", "60 images", Style(size=240))
    image = page.image(page.count - 1)
    assert image.shape == (240, 427, 3) or image.shape == (240, 426, 3)
    words = {text.get_text() for text in page.figure.texts}
    assert {"Ann A", "Bob", "Cid", r"Dee\$", "model", "iteration 750 of 750"} <= words


def test_the_badge_stands_on_a_point():
    assert most_central(np.array([[0.0, 0.0], [0.1, 0.0], [5.0, 5.0]])).tolist() == [0.1, 0.0]


def test_who_is_shown():
    labels = np.repeat(np.arange(5), (3, 2, 3, 3, 1))
    folder = FaceFolder(Path("x"), tuple("abcde"), tuple(f"{'abcde'[n]}/{i}.png" for i, n in enumerate(labels)), labels)
    assert set(choose_people(folder, 3, 3, 0).people) == set("acd")
    assert {choose_people(folder, 2, 2, seed).people for seed in range(8)} > {choose_people(folder, 2, 2, 0).people}
    with pytest.raises(InputError, match="3 people have 3 images or more, not the 4"):
        choose_people(folder, 4, 3, 0)


class Counting:
    """An embedder that counts: its features are the mean colour."""

    name, mark, seen, similarity = "counting", b"1", frozenset(), staticmethod(cosine)

    def __init__(self):
        self.calls = 0

    def embed(self, paths, reading, flipped):
        self.calls += len(paths)
        return np.array([[Path(path).stat().st_size, flipped] for path in paths], dtype=np.float32)


def test_features_are_computed_once_and_anew_for_a_changed_image(tmp_path):
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    for path in paths:
        Image.new("RGB", (4, 4)).save(path)
    counting = Counting()
    first = embed(counting, paths, USUAL, False, tmp_path / "cache")
    assert counting.calls == 3
    np.testing.assert_array_equal(embed(counting, paths[::-1], USUAL, False, tmp_path / "cache"), first[::-1])
    assert counting.calls == 3
    Image.new("RGB", (40, 40), "red").save(paths[1])
    assert embed(counting, paths, USUAL, False, tmp_path / "cache")[1, 0] != first[1, 0]
    assert counting.calls == 4
    assert fused(counting, paths, USUAL, "concat", tmp_path / "cache").shape == (3, 4)
    np.testing.assert_array_equal(fused(counting, paths, USUAL, "sum", tmp_path / "cache")[:, 1], [1, 1, 1])
    counting.mark = b"2"
    embed(counting, paths, USUAL, False, tmp_path / "cache")
    assert counting.calls == 4 + 3 + 3
    for file in (tmp_path / "cache").iterdir():
        file.write_bytes(b"no zip")
    with pytest.raises(InputError, match="is damaged"):
        embed(counting, paths, USUAL, False, tmp_path / "cache")
    with pytest.raises(InputError, match="cannot be read as an image"):
        embed(counting, [tmp_path / "none.png"], USUAL, False, tmp_path / "other")
