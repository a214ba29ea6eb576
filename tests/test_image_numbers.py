"""Images of more than 8 bits: the range of a data set becomes black to white, or the message names the file."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from marginalia.core.errors import InputError
from marginalia.data.images import USUAL, read_pixels
from marginalia.data.measure import measure

from .odd_images import png

ROW = np.arange(0, 256, 17, dtype=np.uint8)


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
