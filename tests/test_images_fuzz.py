"""Genuine digits stored in every way that Pillow can write: what is read is what a person sees."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, features

from marginalia.data.class_folders import readable
from marginalia.data.image_folder import read_image
from marginalia.data.images import GROUNDS, read_pixels
from marginalia.data.measure import measure

from .odd_images import MAKERS, STORED, Odd, all_kinds

KINDS = all_kinds(heic=".heic" in readable(), avif=features.check("avif"))
ALIKE, UNLIKE, FLAT = 0.85, 0.5, 64
SCALE = 2
OF_THEIR_OWN_RANGE = ("real", *(name for name in MAKERS if " in " in name))


@pytest.fixture(scope="module")
def digits(mnist) -> list[np.ndarray]:
    """Ink from 0 to 1, in a frame that is higher than wide, (60, 56); none looks like itself turned or mirrored."""
    found = []
    for image in mnist.train.images[:600]:
        turned = [change(image) for number, change in STORED.items() if number != 1]
        if max(likeness(image, other) for other in turned) < UNLIKE:
            large = Image.fromarray(image).resize((28 * SCALE, 28 * SCALE), Image.Resampling.BILINEAR)
            found.append(np.pad(np.asarray(large) / 255, ((0, 4), (0, 0))))
    return found


def likeness(seen: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.corrcoef(seen.ravel(), wanted.ravel())[0, 1])


@pytest.mark.parametrize("name", MAKERS)
def test_the_digit_is_upright_and_its_ink_stands_out(name, digits, tmp_path):
    """Of each way to store pixels: all formats, orientations, and dark and light ink; dark ink is read as dark."""
    for number, kind in enumerate(kind for kind in KINDS if kind.pixels == name):
        ink = digits[number % len(digits)]
        path = tmp_path / f"{number}{kind.suffix}"
        kind.save(ink, path)
        reading = measure([path])
        seen = read_pixels(path, "RGB", reading)
        assert seen.shape == (*ink.shape, 3), kind
        sign = -1 if kind.dark else 1
        assert sign * likeness(seen[..., 0], ink) > ALIKE, kind
        small = read_image(path, reading)
        assert np.ptp(small) > FLAT, kind
        wanted = np.asarray(Image.fromarray((255 * ink).astype(np.uint8)).resize((28, 28)))
        assert sign * likeness(small, wanted) > ALIKE, kind


def test_there_are_hundreds_of_kinds():
    assert len(KINDS) >= 500
    assert len({(kind.pixels, kind.suffix, kind.orientation) for kind in KINDS}) >= 250


@pytest.mark.parametrize("seed", range(3))
def test_a_data_set_of_all_kinds_is_read_in_one_way(seed, digits, tmp_path):
    """Forty kinds at once: nothing that one of them needs makes another one flat."""
    random = np.random.default_rng(seed)
    dark = bool(seed % 2)
    kinds = [kind for kind in KINDS if kind.dark == dark and not kind.pixels.startswith(OF_THEIR_OWN_RANGE)]
    chosen = [kinds[place] for place in random.permutation(len(kinds))[:40]]
    paths = []
    for number, kind in enumerate(chosen):
        paths.append(tmp_path / f"{number}{kind.suffix}")
        kind.save(digits[number], paths[-1])
    reading = measure(paths)
    for number, (path, kind) in enumerate(zip(paths, chosen, strict=True)):
        sign = -1 if dark else 1
        assert sign * likeness(read_pixels(path, "L", reading), digits[number]) > ALIKE, kind


def test_ink_of_every_grey_is_seen_on_the_ground_that_is_chosen(digits, tmp_path):
    for level in range(0, 256, 15):
        path = tmp_path / f"{level}.png"
        ink = digits[level % len(digits)]
        alpha = Image.fromarray((255 * ink).astype(np.uint8))
        Image.merge("LA", (Image.new("L", alpha.size, level), alpha)).save(path)
        reading = measure([path])
        seen = read_pixels(path, "L", reading)
        assert abs(likeness(seen, ink)) > ALIKE, level
        assert np.ptp(seen) >= 0.75 * max(level, 255 - level), (level, reading)
        assert GROUNDS[reading.background] == (255 if level < 144 else 0)


def test_dark_and_light_ink_in_one_data_set_are_laid_on_grey(digits, tmp_path):
    paths = []
    for number, dark in enumerate((True, False, True)):
        paths.append(tmp_path / f"{number}.png")
        Odd("colours and alpha", ".png", 1, dark).save(digits[number], paths[-1])
    reading = measure(paths)
    assert reading.background == "grey"
    assert reading.notes == ("3 transparent image(s), laid on grey",)
    assert all(np.ptp(read_image(path, reading)) > FLAT for path in paths)


def test_images_that_are_opaque_but_for_a_corner_do_not_decide_on_the_ground(digits, tmp_path):
    """Twenty black digits on nothing, and a sheet of white paper with a round corner."""
    paths = [tmp_path / f"{number}.png" for number in range(21)]
    for path, ink in zip(paths[1:], digits, strict=False):
        Odd("colours and alpha", ".png", 1, dark=True).save(ink, path)
    paper = np.full((60, 56, 4), 255, np.uint8)
    paper[0, 0, 3] = 0
    Image.fromarray(paper).save(paths[0])
    reading = measure(paths)
    assert (reading.background, reading.notes) == ("white", ("21 transparent image(s), laid on white",))


def test_black_white_and_grey_ink_in_one_data_set_are_all_seen(digits, tmp_path):
    paths = [tmp_path / f"{level}.png" for level in (0, 128, 255)]
    for path, level in zip(paths, (0, 128, 255), strict=True):
        alpha = Image.fromarray((255 * digits[0]).astype(np.uint8))
        Image.merge("LA", (Image.new("L", alpha.size, level), alpha)).save(path)
    reading = measure(paths)
    assert all(np.ptp(read_pixels(path, "L", reading)) >= 60 for path in paths)
