"""Folders as people have them: what is read, what is left out, and that it is said."""

from __future__ import annotations

import os
import shutil

import numpy as np
import pytest
from PIL import Image

from marginalia.core.errors import InputError
from marginalia.data.class_folders import read_class_folders, readable
from marginalia.data.image_folder import load_folder
from marginalia.faces.folder import read_folder

PLUGINS_OR_BUILDS = (".avif", ".heic", ".jp2", ".webp")  # not in every Pillow


@pytest.fixture
def odd_folder(digit_folder, tmp_path):
    """Three classes of forty PNGs, and what else lies in such folders."""
    folder = tmp_path / "odd"
    shutil.copytree(digit_folder, folder)
    for name in ("._0.png", ".DS_Store", "Thumbs.db", "desktop.ini"):
        (folder / "one" / name).write_bytes(b"\0\5\x16\7")
    (folder / "__MACOSX" / "one").mkdir(parents=True)
    (folder / ".git").mkdir()
    return folder


def test_hidden_files_and_those_of_systems_are_passed_over_in_silence(odd_folder, digit_folder):
    found, plain = load_folder(odd_folder), load_folder(digit_folder)
    assert (found.class_names, found.notes) == (plain.class_names, ())
    np.testing.assert_array_equal(found.train.images, plain.train.images)


def test_what_is_left_out_is_counted_and_placed(odd_folder):
    (odd_folder / "one" / "notes.txt").write_text("")
    (odd_folder / "one" / "more").mkdir()
    for number in range(3):
        shutil.copy(odd_folder / "one" / "0.png", odd_folder / "one" / "more" / f"{number}.png")
        (odd_folder / "naught" / f"{number}.cr2").write_bytes(b"raw")
    (odd_folder / "one" / "label").write_text("")
    (odd_folder / "README.txt").write_text("")
    assert load_folder(odd_folder).notes == (
        "6 file(s) left out: 3 of .cr2, 2 of .txt, 1 of no ending (in ., naught, one)",
        "3 image(s) left out, which lie in deeper folders (in one/more)",
    )
    assert read_folder(odd_folder).notes == load_folder(odd_folder).notes


def test_an_error_says_what_was_left_out(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name / "inner").mkdir(parents=True)
        Image.new("L", (4, 4)).save(tmp_path / name / "inner" / "1.png")
    with pytest.raises(InputError, match=r"0 image\(s\).*2 image\(s\) left out, which lie in deeper folders"):
        load_folder(tmp_path)
    with pytest.raises(InputError, match=r"no images in it.*2 image\(s\) left out"):
        read_folder(tmp_path)


def test_links_that_lead_back_end(odd_folder):
    (odd_folder / "one" / "back").symlink_to(odd_folder / "one", target_is_directory=True)
    (odd_folder / "one" / "more").mkdir()
    (odd_folder / "one" / "more" / "back").symlink_to(odd_folder, target_is_directory=True)
    assert len(load_folder(odd_folder).train) == 99


@pytest.mark.parametrize("suffix", [".jfif", ".JPG", ".mpo", ".ico", ".webp", ".jp2", ".avif", ".heic", ".dib", ".tga"])
def test_formats_that_pillow_reads_are_read(digit_folder, tmp_path, suffix):
    if suffix in PLUGINS_OR_BUILDS and suffix not in readable():
        pytest.skip(f"this Pillow reads no {suffix}")
    for number, file in enumerate(sorted((digit_folder / "one").glob("*.png"))[:12]):
        path = tmp_path / "ab"[number % 2] / f"{number}{suffix}"
        path.parent.mkdir(exist_ok=True)
        with Image.open(file) as image:
            image.save(path, "JPEG" if suffix in (".jfif", ".mpo") else None)
    dataset = load_folder(tmp_path)
    assert (len(dataset.train) + len(dataset.test), dataset.notes) == (12, ())


def test_heic_without_its_plugin_says_what_reads_it(odd_folder, monkeypatch):
    monkeypatch.setattr("marginalia.data.class_folders.readable", lambda: frozenset({".png"}))
    (odd_folder / "one" / "a.HEIC").write_bytes(b"")
    (note,) = load_folder(odd_folder).notes
    assert note == "1 file(s) left out: 1 of .heic (in one); pip install 'marginalia-viz[heic]' reads HEIC"


def test_numbers_stand_in_the_order_of_their_size(digit_folder, tmp_path):
    for name in ("10", "9", "1", "0", "11", "2", "b", "a10", "a9"):
        shutil.copytree(digit_folder / "one", tmp_path / name)
    assert load_folder(tmp_path).class_names == ("0", "1", "2", "9", "10", "11", "a9", "a10", "b")


@pytest.mark.usefixtures("any_bytes")
def test_names_that_are_not_utf8_or_hold_control_characters_are_written_as_escapes(digit_folder, tmp_path):
    for name in (b"caf\xe9", b"caf\xe8", b"a\x07b", "é".encode()):
        shutil.copytree(os.fsencode(digit_folder / "one"), os.path.join(os.fsencode(tmp_path), name))  # noqa: PTH118
    assert load_folder(tmp_path).class_names == ("a\\x07b", "caf\\xe8", "caf\\xe9", "é")


def test_images_that_show_next_to_nothing_are_counted(odd_folder):
    nearly = np.linspace(230, 250, 28 * 28).reshape(28, 28).astype(np.uint8)
    for number, pixels in ((3, np.full((28, 28), 250, np.uint8)), (5, nearly)):
        Image.fromarray(pixels).save(odd_folder / "one" / f"{number}.png")
    (note,) = load_folder(odd_folder).notes
    assert note.startswith("2 image(s) of one grey or nearly")
    assert str(odd_folder / "one" / "3.png") in note


def test_a_folder_named_like_an_image_is_a_folder(odd_folder):
    (odd_folder / "one" / "album.png").mkdir()
    assert len(read_class_folders(odd_folder).images["one"]) == 40
