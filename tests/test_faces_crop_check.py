"""What training says of images that are no aligned crops."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from marginalia.faces.align import STANDARD
from marginalia.faces.crop_check import eyes_elsewhere, may_be_photographs, odd_shapes
from marginalia.faces.folder import read_folder


def album(folder, *sizes):
    for number, (height, width) in enumerate(sizes):
        path = folder / f"p{number % 2}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (width, height)).save(path)
    return read_folder(folder)


def test_odd_shapes_are_counted(tmp_path):
    folder = album(tmp_path, (112, 96), (250, 40), (112, 112), (60, 300))
    assert odd_shapes(folder, (112, 96)) == (
        "2 of 4 images are no crops of 112x96 (p1/1.png is 250x40): they are squeezed"
    )
    assert odd_shapes(album(tmp_path / "b", (112, 112), (250, 250)), (112, 96)) is None


def test_of_many_images_some_are_looked_at(tmp_path, monkeypatch):
    monkeypatch.setattr("marginalia.faces.crop_check.SHAPES_SEEN", 2)
    folder = album(tmp_path, (112, 96), (9, 90), (112, 96), (9, 90))
    assert odd_shapes(folder, (112, 96)).startswith("1 of 2 images looked at are no crops of 112x96 (p1/3.png is 9x90)")


@pytest.mark.parametrize(("scale", "shift", "aligned"), [(1.0, 0, True), (0.5, 0, False), (1.0, 30, False)])
def test_faces_whose_eyes_are_elsewhere_are_counted(tmp_path, scale, shift, aligned):
    """Eyes too near to each other, or beside the middle, of three crops twice as large as usual."""
    folder = album(tmp_path, *[(224, 192)] * 3)
    middle = np.array([96.0, 103.0])
    points = (2 * STANDARD - middle) * scale + middle + (shift, 0)
    line = eyes_elsewhere(folder, lambda pixels: points)
    assert line is None if aligned else line.startswith("3 of 3 faces looked at are not aligned; crops are made with")
    assert eyes_elsewhere(folder, lambda pixels: None) is None


def test_what_may_be_a_photograph(tmp_path):
    sizes = {(112, 96): False, (112, 112): False, (16, 16): False, (250, 250): True}
    found = {size: may_be_photographs(album(tmp_path / str(size), size)) for size in sizes}
    assert found == sizes


def test_training_warns(run, tmp_path):
    album(tmp_path / "a", *[(250, 40)] * 8)
    settings = ("--size", "28x24", "--epochs", 1, "--batch-size", 4, "--validation", 0, "--device", "cpu")
    code, said, err = run("faces", "train", "--data", tmp_path / "a", *settings, "--out", tmp_path / "o")
    assert (code, err) == (0, "")
    assert said.startswith("warning: 8 of 8 images are no crops of 28x24 (p0/0.png is 250x40): they are squeezed\n")
