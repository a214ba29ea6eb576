"""Single odd images, and what is decided once for a data set."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from data import images
from data.images import USUAL, Reading, read_pixels, read_shrunk
from data.measure import measure
from errors import InputError
from faces.align import align_folder, standard_points
from faces.folder import read_folder
from faces.landmarks import find_landmarks

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


def test_brightness_is_compared_within_a_data_set_and_not_stretched_image_by_image(tmp_path):
    paths = [tmp_path / "bright.png", tmp_path / "dim.png"]
    for path, top in zip(paths, (4095, 1000), strict=True):
        path.write_bytes(png(np.tile(np.linspace(0, top, 16).astype(int), (4, 1)), 16, {}, {}))
    reading = measure(paths)
    assert (reading.integers, reading.notes) == (
        (0, 4095),
        ("2 image(s) of integers: 0 is shown as black, 4,095 as white",),
    )
    assert [read_pixels(path, "L", reading).max() for path in paths] == [255, 62]
    assert read_pixels(paths[1], "L", measure(paths[1:])).max() == 250


def test_whole_numbers_beyond_31_bits_stay_bright(tmp_path):
    """A TIFF of unsigned 32-bit numbers, for which Pillow has no mode."""
    values = np.linspace(0, 2**32 - 1, 16).astype("<u4").reshape(1, 16).repeat(2, axis=0)
    (tmp_path / "a.tif").write_bytes(tiff(values))
    seen = read_pixels(tmp_path / "a.tif", "L", measure([tmp_path / "a.tif"]))
    np.testing.assert_array_equal(seen[0], ROW)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused_by_name(tmp_path, value):
    values = np.ones((4, 4), np.float32)
    values[1, 1] = value
    Image.fromarray(values).save(tmp_path / "a.tif")
    assert measure([tmp_path / "a.tif"]) == USUAL
    with pytest.raises(InputError, match=r"a\.tif cannot be read as an image \(some of its numbers are not finite"):
        read_pixels(tmp_path / "a.tif", "L")


@pytest.mark.parametrize("channels", [2, 3, 4])
@pytest.mark.parametrize("top", [255, 4095, 16383, 65535])
def test_colours_of_16_bits_are_read_or_refused_by_name(tmp_path, top, channels):
    """Grey or colours, with an alpha channel (2, 4) that hides nothing, or without."""
    values = np.linspace(0, top, 16).astype(int)[None, :, None].repeat(4, axis=0).repeat(channels, axis=2)
    if channels != 3:
        values[..., -1] = 65535
    path = tmp_path / "a.png"
    path.write_bytes(colour_png(values, {2: 4, 3: 2, 4: 6}[channels]))
    if top == 65535:
        seen = read_pixels(path, "RGB", measure([path]))
        np.testing.assert_array_equal(seen[..., 0], values[..., 0] // 256)
    else:
        with pytest.raises(InputError, match=r"a\.png, use less than half of their range"):
            measure([path])


def test_black_ink_on_nothing_in_16_bits_is_read(tmp_path):
    values = np.zeros((8, 8, 4), int)
    values[2:4, :, 3] = 65535
    (tmp_path / "a.png").write_bytes(colour_png(values, 6))
    seen = read_pixels(tmp_path / "a.png", "L", measure([tmp_path / "a.png"]))
    assert (seen[2:4].max(), seen[4:].min()) == (0, 255)


def test_a_ppm_of_more_than_8_bits_is_read_or_refused(tmp_path):
    for top in (4095, 65535):
        values = np.linspace(0, top, 48).astype(">u2")
        (tmp_path / "a.ppm").write_bytes(b"P6 16 1 65535\n" + values.tobytes())
        if top == 65535:
            assert read_pixels(tmp_path / "a.ppm", "RGB", measure([tmp_path / "a.ppm"])).max() == 255
        else:
            with pytest.raises(InputError, match="use less than half of their range"):
                measure([tmp_path / "a.ppm"])


def colour_png(values: np.ndarray, kind: int) -> bytes:
    """A PNG of 16 bits a channel; values: (H, W, channels)."""
    height, width, _ = values.shape
    flat = png(values.reshape(height, -1), 16, {}, {})
    head = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)
    return flat[:16] + head + struct.pack(">I", zlib.crc32(b"IHDR" + head)) + flat[33:]


@pytest.mark.parametrize(
    ("low", "high", "kind"),
    [
        (0, 1.02, np.float32), (0, 255.4, np.float32), (0, 10, np.float32), (0, 4095, np.float32),
        (0, 1e-3, np.float32), (-3, 40, np.float32), (0, 15, np.uint16), (0, 9, np.int32), (0, 256, np.uint16),
        (0, 4096, np.uint16), (0, 300, np.uint16), (32000, 32400, np.uint16), (0, 1900, np.uint16),
        (-500, 900, np.int16), (0, 1, np.uint16), (0, 10**6, np.int32),
    ],
)  # fmt: skip
def test_any_range_of_numbers_comes_out_from_black_to_white(tmp_path, low, high, kind):
    values = np.linspace(low, high, 2000).reshape(40, 50).astype(kind)
    Image.fromarray(values.astype(np.int32) if kind == np.int16 else values).save(tmp_path / "a.tif")
    seen = read_pixels(tmp_path / "a.tif", "L", measure([tmp_path / "a.tif"]))
    assert seen.min() <= 2
    assert seen.max() >= 250
    assert np.all(np.diff(seen.ravel().astype(int)) >= 0)


def test_a_broken_pixel_does_not_darken_the_rest(tmp_path):
    values = np.linspace(0, 4095, 2000).reshape(40, 50).astype(np.uint16)
    values[3, 3] = 65535
    Image.fromarray(values).save(tmp_path / "a.tif")
    reading = measure([tmp_path / "a.tif"])
    assert reading.integers == (0, 4095)


def tiff(values: np.ndarray, **tags: int) -> bytes:
    """One strip of little-endian numbers. tags: photometric (262), format (339)."""
    height, width = values.shape
    known = {256: width, 257: height, 258: 8 * values.itemsize, 259: 1, 262: tags.get("photometric", 1), 273: 8}
    known |= {277: 1, 278: height, 279: values.nbytes, 339: tags.get("format", 1)}
    directory = struct.pack("<H", len(known)) + b"".join(struct.pack("<HHII", tag, 4, 1, known[tag]) for tag in known)
    return b"II*\0" + struct.pack("<I", 8 + values.nbytes) + values.tobytes() + directory + b"\0\0\0\0"


@pytest.mark.parametrize("kind", ["u1", "<u2"])
def test_tiffs_in_which_white_is_zero(tmp_path, kind):
    values = np.linspace(0, np.iinfo(kind).max, 40).astype(kind).reshape(1, 40).repeat(40, axis=0)
    (tmp_path / "a.tif").write_bytes(tiff(values, photometric=0))
    seen = read_pixels(tmp_path / "a.tif", "L", measure([tmp_path / "a.tif"]))
    assert (seen[0, 0], seen[0, -1]) == (255, 0)


def test_signed_bytes_are_refused_by_name(tmp_path):
    (tmp_path / "a.tif").write_bytes(tiff(np.full((4, 4), -3, np.int8), format=2))
    with pytest.raises(InputError, match=r"a\.tif cannot be read .*signed numbers of 8 bits"):
        read_pixels(tmp_path / "a.tif", "L")


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
    from faces.embeddings import mark_of

    Image.new("L", (4, 4)).save(tmp_path / "a.png")
    marks = {
        mark_of(tmp_path / "a.png", reading)
        for reading in (USUAL, Reading(notes=("x",)), Reading(ground="black"), Reading(shows_keys=True))
    }
    assert len(marks) == 3


def test_black_ink_over_hidden_white_is_laid_on_white(tmp_path):
    """Only what is seen counts as ink."""
    pixels = np.full((20, 20, 4), 255, np.uint8)
    pixels[..., 3] = 0
    pixels[8:12] = (0, 0, 0, 255)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert measure([tmp_path / "a.png"]).ground == "white"


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


def test_a_number_that_stands_for_no_data_does_not_widen_the_range(tmp_path):
    values = np.linspace(0, 4095, 1600).astype(int).reshape(40, 40)
    values[:, ::2] = 65535
    (tmp_path / "a.png").write_bytes(png(values, 16, {b"tRNS": struct.pack(">H", 65535)}, {}))
    assert measure([tmp_path / "a.png"]).integers == (0, 4095)


def test_white_and_nearly_empty_pages_of_16_bits(tmp_path):
    white, sparse = np.full((40, 40), 65535, np.uint16), np.zeros((100, 100), np.uint16)
    sparse[3, 3:5] = 60000
    for values, seen in ((white, 255), (sparse, 234)):
        Image.fromarray(values).save(tmp_path / "a.tif")
        assert read_pixels(tmp_path / "a.tif", "L", measure([tmp_path / "a.tif"])).max() == seen


def test_dim_colours_of_few_bits_are_no_deep_ones(tmp_path):
    """A BMP of 5, 6 and 5 bits, and a PPM that says how far its numbers go."""
    (tmp_path / "a.ppm").write_bytes(b"P6 2 1 1023\n" + np.full(6, 400, ">u2").tobytes())
    assert read_pixels(tmp_path / "a.ppm", "L", measure([tmp_path / "a.ppm"])).max() == 100
    head = b"BM" + struct.pack("<IHHI", 70, 0, 0, 66) + struct.pack("<IiiHHIIiiII", 40, 2, 1, 1, 16, 3, 4, 0, 0, 0, 0)
    (tmp_path / "a.bmp").write_bytes(head + struct.pack("<III", 0xF800, 0x7E0, 0x1F) + struct.pack("<HH", 0x39E7, 0))
    assert 40 < read_pixels(tmp_path / "a.bmp", "L", measure([tmp_path / "a.bmp"])).max() < 80


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
    assert (reading.ground, reading.shows_keys, len(reading.notes)) == ("white", True, 2)
    assert [read_pixels(tmp_path / name, "L", reading)[0, 0] for name in ("key.png", "alpha.png")] == [0, 255]


@pytest.mark.parametrize(("suffix", "side"), [(".ico", 32), (".icns", 128)])
def test_icons_are_transparent_too(tmp_path, suffix, side):
    ink = Image.new("RGBA", (side, side))
    ink.paste((255, 255, 255, 255), (4, 4, 20, 20))
    ink.save(tmp_path / f"a{suffix}", **({"sizes": [(32, 32)]} if suffix == ".ico" else {}))
    reading = measure([tmp_path / f"a{suffix}"])
    seen = read_pixels(tmp_path / f"a{suffix}", "L", reading)
    assert (reading.ground, seen[0, 0], seen.max()) == ("black", 0, 255)
