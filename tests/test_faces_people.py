"""Who is trained on, who validates, who is left out."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from PIL import Image

from marginalia.core.errors import InputError
from marginalia.faces.folder import read_folder
from marginalia.faces.people import part


def test_who_is_trained_on(noise_album):
    for number in range(4, 8):
        shutil.copytree(noise_album / "p0", noise_album / f"p{number}")
    folder = read_folder(noise_album)
    parts = part(folder, 2, ["p0"], 0.25, 0)
    assert "p0" not in parts.train.people + parts.validation.people
    assert not set(parts.train.people) & set(parts.validation.people)
    assert (len(parts.train.people), len(parts.validation.people)) == (5, 2)
    assert [folder.images.index(image) // 4 for image in parts.train.images] == [
        folder.people.index(parts.train.people[label]) for label in parts.train.labels
    ]
    with pytest.raises(InputError, match="1 people to train on"):
        part(folder.only(["p1"]), 2, [], 0.0, 0)
    with pytest.raises(InputError, match="0 people to train on"):
        part(folder, 7, [], 0.0, 0)


def test_names_that_match_nobody_are_refused(train_faces, tmp_path):
    names = tmp_path / "names.txt"
    names.write_text("p0\nnobody\n")
    code, _, err = train_faces("--exclude", names)
    assert (code, err.count("\n")) == (2, 1)
    assert "names.txt: 1 of 2 names match nobody in" in err
    assert ": nobody; correct them, or add --allow-missing" in err
    code, said, _ = train_faces("--exclude", names, "--allow-missing", "--validation", 0)
    assert (code, "1 people were left out by name" in said, "1 of 2 names match nobody" in said) == (0, True, True)


def test_who_validates(noise_album):
    folder = read_folder(noise_album)
    for name in ("p0", "p1", "p2"):
        for number in (1, 2, 3):
            (noise_album / name / f"{number}.png").unlink()
    with pytest.raises(InputError, match="1 people with several images to validate with"):
        part(read_folder(noise_album), 1, [], 0.5, 0)
    assert part(read_folder(noise_album), 1, [], 0.0, 0).validation is None
    assert len(part(folder, 1, [], 0.5, 0).validation.people) == 2


def test_no_more_people_validate_than_can_be_judged_pair_by_pair(noise_album, monkeypatch):
    monkeypatch.setattr("marginalia.faces.people.MOST_IMAGES_TO_VALIDATE", 9)
    random = np.random.default_rng(1)
    for person in range(4, 12):
        for number in range(4):
            path = noise_album / f"p{person}" / f"{number}.png"
            path.parent.mkdir(exist_ok=True)
            Image.fromarray(random.integers(0, 256, (4, 4), dtype=np.uint8)).save(path)
    parts = part(read_folder(noise_album), 1, [], 0.5, 0)
    assert (len(parts.validation), len(parts.train.people)) == (8, 10)
    monkeypatch.setattr("marginalia.faces.people.MOST_IMAGES_TO_VALIDATE", 7)
    with pytest.raises(InputError, match="1 people with several images to validate with"):
        part(read_folder(noise_album), 1, [], 0.5, 0)
