"""Single odd images, and what is decided once for a data set."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from marginalia.core.errors import InputError
from marginalia.data import images
from marginalia.data.images import USUAL, Reading, read_pixels, read_shrunk
from marginalia.data.measure import measure
from marginalia.faces.align import align_folder, standard_points
from marginalia.faces.folder import read_folder
from marginalia.faces.landmarks import find_landmarks

from .odd_images import ORIENTATION, png

ROW = np.arange(0, 256, 17, dtype=np.uint8)


def test_plain_images_are_read_as_they_are(tmp_path):
    grey = np.tile(ROW, (8, 1))
    Image.fromarray(grey).save(tmp_path / "a.png")
    assert measure([tmp_path / "a.png"]) == USUAL
    np.testing.assert_array_equal(read_pixels(tmp_path / "a.png", "L"), grey)
    np.testing.assert_array_equal(read_pixels(tmp_path / "a.png", "RGB")[..., 2], grey)


def test_an_alpha_channel_that_hides_nothing_changes_nothing(tmp_path):
    colours = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    Image.fromarray(colours).save(tmp_path / "a.png")
    Image.fromarray(colours).convert("RGBA").save(tmp_path / "b.png")
    assert measure([tmp_path / "b.png"]).notes == ()
    for mode in ("L", "RGB"):
        np.testing.assert_array_equal(read_pixels(tmp_path / "a.png", mode), read_pixels(tmp_path / "b.png", mode))


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_what_lies_under_transparent_pixels_does_not_matter(tmp_path, suffix):
    """Drawing programs leave any colour there."""
    random = np.random.default_rng(0)
    alpha = np.where(np.arange(64).reshape(8, 8) % 3, 0, 255).astype(np.uint8)
    seen = []
    for number in range(2):
        colours = np.where(alpha[..., None], 0, random.integers(0, 256, (8, 8, 3))).astype(np.uint8)
        path = tmp_path / f"{number}{suffix}"
        Image.fromarray(np.dstack((colours, alpha))).save(path, lossless=True, exact=True)
        seen.append(read_pixels(path, "L", measure([path])))
    np.testing.assert_array_equal(seen[0], 255 - alpha)
    np.testing.assert_array_equal(*seen)


def test_a_file_of_no_known_format_is_called_that(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"a\.png cannot be read as an image \(it is in no format that Pillow reads\)"):
        read_pixels(tmp_path / "a.png", "L")


def test_orientation_in_xmp_counts_and_an_exif_that_cannot_be_read_does_not_harm(tmp_path):
    grey = np.zeros((20, 10), np.uint8)
    grey[:4] = 255
    notes = PngImagePlugin.PngInfo()
    notes.add_itxt("XML:com.adobe.xmp", '<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>')
    Image.fromarray(grey).save(tmp_path / "xmp.png", pnginfo=notes)
    assert read_pixels(tmp_path / "xmp.png", "L").shape == (10, 20)
    assert read_pixels(tmp_path / "xmp.png", "L")[:, -4:].min() == 255
    Image.fromarray(grey).save(tmp_path / "broken.jpg", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f")
    assert read_pixels(tmp_path / "broken.jpg", "L").shape == (20, 10)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_large_photos_are_read_scaled_down_and_upright(tmp_path, monkeypatch, suffix):
    monkeypatch.setattr(images, "LARGE", 120 * 80)
    y, x = np.mgrid[:400, :600]
    pixels = np.dstack((y / 400, x / 600, 0 * x)) * 255
    tags = Image.Exif()
    tags[ORIENTATION] = 6
    Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / f"a{suffix}", exif=tags)
    seen, factor = read_shrunk(tmp_path / f"a{suffix}")
    assert (seen.shape, factor) == ((120, 80, 3), 5) if suffix != ".jpg" else seen.shape[0] * seen.shape[1] <= 120 * 80
    assert seen.shape[0] * factor == pytest.approx(600, abs=factor)
    assert seen[0, -1, 0] < 10 < 245 < seen[0, 0, 0]  # what was on top is on the right
    assert seen[-1, 0, 1] > 245


def test_landmarks_of_a_large_photo_are_in_its_own_pixels(tmp_path, monkeypatch):
    monkeypatch.setattr(images, "LARGE", 200 * 200)
    points = standard_points("112x96")
    y, x = np.mgrid[:400, :400]
    blob = 255 * np.exp(-((x - 2 * points[0, 0] - 0.5) ** 2 + (y - 2 * points[0, 1] - 0.5) ** 2) / 60)
    (tmp_path / "faces" / "Ann").mkdir(parents=True)
    Image.fromarray(blob.astype(np.uint8)).save(tmp_path / "faces" / "Ann" / "1.png")
    folder = read_folder(tmp_path / "faces")
    found, _ = find_landmarks(
        folder, lambda pixels: points if pixels.shape == (200, 200, 3) else None, tmp_path / "l.csv"
    )
    np.testing.assert_allclose(found["Ann/1.png"], 2 * points + 0.5)
    align_folder(folder, found, tmp_path / "out", "112x96", False)
    crop = read_pixels(tmp_path / "out" / "Ann" / "1.png", "L").astype(float)
    rows, columns = np.mgrid[:112, :96]
    assert ((crop * columns).sum() / crop.sum(), (crop * rows).sum() / crop.sum()) == pytest.approx(
        (30.3, 51.6), abs=0.6
    )


def test_a_bomb_is_refused_and_pillows_limit_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(images, "MOST_PIXELS", 10_000)
    before = Image.MAX_IMAGE_PIXELS
    Image.new("L", (101, 100)).save(tmp_path / "a.png")
    with pytest.raises(InputError, match=r"a\.png cannot be read .*101 x 100 pixels are too many"):
        read_pixels(tmp_path / "a.png", "L")
    assert before == Image.MAX_IMAGE_PIXELS
    monkeypatch.undo()
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)  # Pillow's own would warn, and refuse twice as much
    assert read_pixels(tmp_path / "a.png", "L").shape == (100, 101)


def test_two_frames_and_wrong_endings(tmp_path):
    """The first frame is what a folder shows; the content decides on the format, not the ending."""
    first, second = Image.new("L", (4, 4), 200), Image.new("L", (4, 4), 10)
    first.save(tmp_path / "a.gif", save_all=True, append_images=[second])
    first.save(tmp_path / "b.tif", save_all=True, append_images=[second])
    first.save(tmp_path / "c.jpg", "PNG")
    assert [read_pixels(tmp_path / name, "L")[0, 0] for name in ("a.gif", "b.tif", "c.jpg")] == [200] * 3


def test_how_a_data_set_is_read_belongs_to_its_features_in_the_cache(tmp_path):
    from marginalia.faces.embeddings import mark_of

    Image.new("L", (4, 4)).save(tmp_path / "a.png")
    marks = {
        mark_of(tmp_path / "a.png", reading)
        for reading in (USUAL, Reading(notes=("x",)), Reading(background="black"), Reading(shows_keys=True))
    }
    assert len(marks) == 3


def test_black_ink_over_hidden_white_is_laid_on_white(tmp_path):
    """Only what is seen counts as ink."""
    pixels = np.full((20, 20, 4), 255, np.uint8)
    pixels[..., 3] = 0
    pixels[8:12] = (0, 0, 0, 255)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert measure([tmp_path / "a.png"]).background == "white"


@pytest.mark.parametrize(("ink", "shown"), [(20, False), (200, True)])
def test_a_transparent_colour_is_shown_where_the_ink_is_clear_on_it(tmp_path, ink, shown):
    pixels = np.zeros((20, 20), np.uint8)
    pixels[8:12] = ink
    Image.fromarray(pixels).save(tmp_path / "a.png", transparency=0)
    reading = measure([tmp_path / "a.png"])
    seen = read_pixels(tmp_path / "a.png", "L", reading)
    assert (reading.shows_keys, seen[0, 0]) == (shown, 0 if shown else 255)
    assert np.ptp(seen) >= 200


def test_a_scan_whose_paper_is_nearly_the_transparent_white_stays_paper(tmp_path):
    """Paper of 253 to 255, of which 255 is transparent: it is no ink."""
    random = np.random.default_rng(0)
    pixels = random.integers(253, 256, (40, 40), dtype=np.uint8)
    pixels[10:14] = 0
    Image.fromarray(pixels).save(tmp_path / "a.png", transparency=255)
    seen = read_pixels(tmp_path / "a.png", "L", measure([tmp_path / "a.png"]))
    np.testing.assert_array_equal(seen, pixels)


def test_a_cut_out_that_is_small_is_still_seen(tmp_path):
    pixels = np.full((40, 40, 4), 255, np.uint8)
    pixels[10:12, 10:20, 3] = 0
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert np.ptp(read_pixels(tmp_path / "a.png", "L", measure([tmp_path / "a.png"]))) == 255


def test_colours_that_pillow_converts_in_two_steps(tmp_path):
    Image.new("LAB", (4, 4), (200, 0, 0)).save(tmp_path / "a.tif")
    assert read_pixels(tmp_path / "a.tif", "L", measure([tmp_path / "a.tif"])).min() > 150
    premultiplied = Image.new("LA", (4, 4), (200, 255)).convert("La")  # which Pillow reads and does not write
    assert np.asarray(images.as_seen(premultiplied, "L", USUAL)[0]).min() == 200


def test_a_transparent_grey_of_few_bits_is_found(tmp_path):
    """Grey 1 of 15 is transparent and too near to the ink to be shown."""
    values = np.ones((8, 8), int)
    values[2:4] = 0
    (tmp_path / "a.png").write_bytes(png(values, 4, {b"tRNS": struct.pack(">H", 1)}, {}))
    seen = read_pixels(tmp_path / "a.png", "L", measure([tmp_path / "a.png"]))
    assert (seen[2:4].max(), seen[4:].min()) == (0, 255)


def test_colours_that_are_shown_do_not_decide_on_the_ground_of_others(tmp_path):
    """White ink on a black that is called transparent, beside black ink on nothing."""
    pixels = np.zeros((20, 20), np.uint8)
    pixels[8:12] = 255
    Image.fromarray(pixels).save(tmp_path / "key.png", transparency=0)
    Image.merge("LA", (Image.new("L", (20, 20)), Image.fromarray(pixels))).save(tmp_path / "alpha.png")
    reading = measure([tmp_path / "key.png", tmp_path / "alpha.png"])
    assert (reading.background, reading.shows_keys, len(reading.notes)) == ("white", True, 2)
    assert [read_pixels(tmp_path / name, "L", reading)[0, 0] for name in ("key.png", "alpha.png")] == [0, 255]


@pytest.mark.parametrize(("suffix", "side"), [(".ico", 32), (".icns", 128)])
def test_icons_are_transparent_too(tmp_path, suffix, side):
    ink = Image.new("RGBA", (side, side))
    ink.paste((255, 255, 255, 255), (4, 4, 20, 20))
    ink.save(tmp_path / f"a{suffix}", **({"sizes": [(32, 32)]} if suffix == ".ico" else {}))
    reading = measure([tmp_path / f"a{suffix}"])
    seen = read_pixels(tmp_path / f"a{suffix}", "L", reading)
    assert (reading.background, seen[0, 0], seen.max()) == ("black", 0, 255)
