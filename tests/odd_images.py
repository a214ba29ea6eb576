"""Images as cameras, scanners, drawing programs and telephones leave them, and what a person sees in each."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

ORIENTATION = 0x0112
# What a viewer does for each value of EXIF's orientation, and here the camera undoes.
STORED = {
    1: lambda pixels: pixels,
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: pixels.swapaxes(0, 1)[::-1],
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: lambda pixels: pixels.swapaxes(0, 1)[:, ::-1],
}
WITH_EXIF = ("png", "jpg", "webp", "tif", "avif", "heic", "jfif")
FORMATS = {
    ".jfif": "JPEG",
    ".jpg": "JPEG",
    ".jp2": "JPEG2000",
    ".heic": "HEIF",
    ".tif": "TIFF",
    ".pgm": "PPM",
    ".pfm": "PPM",
}


@dataclass(frozen=True)
class Odd:
    """How an image is stored. pixels: name of a maker below; dark: whether the ink is darker than the ground."""

    pixels: str
    suffix: str
    orientation: int
    dark: bool

    def save(self, ink: np.ndarray, path: Path) -> None:
        """ink: float (H, W), 0 for the ground and 1 for the ink."""
        stored = np.ascontiguousarray(STORED[self.orientation](ink))
        MAKERS[self.pixels](stored, self.dark, path, exif(self.orientation))


def exif(orientation: int) -> dict[str, bytes]:
    if orientation == 1:
        return {}
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    return {"exif": tags.tobytes()}


def greys(ink: np.ndarray, dark: bool, top: int = 255) -> np.ndarray:
    return top * (1 - ink if dark else ink)


def save(image: Image.Image, path: Path, options: dict) -> None:
    lossless = {"quality": 95} if path.suffix in (".jpg", ".jfif", ".webp", ".avif", ".heic") else {}
    image.save(path, FORMATS.get(path.suffix), **lossless, **options)


def grey(ink, dark, path, options):
    save(Image.fromarray(greys(ink, dark).astype(np.uint8)), path, options)


def one_bit(ink, dark, path, options):
    save(Image.fromarray(greys(ink, dark) > 127), path, options)


def colours(ink, dark, path, options):
    image = Image.fromarray(greys(ink, dark).astype(np.uint8)).convert("RGB")
    save(image, path, options)


def palette(ink, dark, path, options):
    save(Image.fromarray(greys(ink, dark).astype(np.uint8)).convert("RGB").quantize(16), path, options)


def cmyk(ink, dark, path, options):
    save(Image.fromarray(greys(ink, dark).astype(np.uint8)).convert("RGB").convert("CMYK"), path, options)


def layered(ink: np.ndarray, dark: bool) -> Image.Image:
    """Ink of one grey on nothing: the alpha channel alone tells them apart."""
    level = np.full(ink.shape, 0 if dark else 255, np.uint8)
    return Image.merge("LA", (Image.fromarray(level), Image.fromarray((255 * ink).astype(np.uint8))))


def grey_alpha(ink, dark, path, options):
    save(layered(ink, dark), path, options)


def colour_alpha(ink, dark, path, options):
    save(layered(ink, dark).convert("RGBA"), path, options)


def faint_alpha(ink, dark, path, options):
    image = layered(0.6 * ink, dark).convert("RGBA")
    save(image, path, options)


def palette_key(ink, dark, path, options):
    """A palette with one transparent entry, as GIF and PNG have it; both entries have the colour of the ink."""
    level = 0 if dark else 255
    image = Image.new("P", ink.shape[::-1])
    image.putdata((ink > 0.5).astype(np.uint8).ravel().tolist())
    image.putpalette([level] * 6)
    save(image, path, options | {"transparency": 0})


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(values: np.ndarray, bits: int, more: dict[bytes, bytes], options: dict) -> bytes:
    """A grey PNG of any bit depth, which Pillow does not write."""
    height, width = values.shape
    if bits == 16:
        rows = [row.astype(">u2").tobytes() for row in values]
    else:
        spread = np.unpackbits(values.astype(np.uint8)[..., None], axis=2)[..., 8 - bits :].reshape(height, -1)
        rows = [np.packbits(row).tobytes() for row in spread]
    head = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
    exif_chunk = {b"eXIf": options["exif"].removeprefix(b"Exif\0\0")} if options else {}
    parts = (
        {b"IHDR": head}
        | more
        | exif_chunk
        | {b"IDAT": zlib.compress(b"".join(b"\0" + row for row in rows)), b"IEND": b""}
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts.items())


def grey_key(bits: int):
    """Grey with one transparent grey (tRNS), of few or many bits; the edges of the ink are soft."""

    def make(ink, dark, path, options):
        values = greys(ink, dark, 2**bits - 1).round().astype(int)
        path.write_bytes(png(values, bits, {b"tRNS": struct.pack(">H", values[0, 0])}, options))

    return make


def colour_key(ink, dark, path, options):
    """Colours of which one is transparent; the edges of the ink are soft."""
    image = Image.fromarray(greys(ink, dark).astype(np.uint8)).convert("RGB")
    save(image, path, options | {"transparency": (255, 255, 255) if dark else (0, 0, 0)})


def deep(bits: int, kind: type = np.uint16):
    """Values of so many bits in numbers that have room for more."""

    def make(ink, dark, path, options):
        values = greys(ink, dark, 2**bits - 1).round().astype(kind)
        if path.suffix == ".png":
            path.write_bytes(png(values, 16, {}, options))
        else:
            save(Image.fromarray(values), path, options)

    return make


def real(low: float, high: float):
    def make(ink, dark, path, options):
        save(Image.fromarray((low + (high - low) * greys(ink, dark, 1)).astype(np.float32)), path, options)

    return make


MAKERS = {
    "grey": grey, "one bit": one_bit, "colours": colours, "palette": palette, "CMYK": cmyk,
    "grey and alpha": grey_alpha, "colours and alpha": colour_alpha, "faint ink on nothing": faint_alpha,
    "palette with a transparent entry": palette_key,
    "1 bit, one grey transparent": grey_key(1), "2 bits, one grey transparent": grey_key(2),
    "4 bits, one grey transparent": grey_key(4), "8 bits, one grey transparent": grey_key(8),
    "16 bits, one grey transparent": grey_key(16), "one colour transparent": colour_key,
    "1 bit in 16": deep(1), "8 bits in 16": deep(8), "10 bits in 16": deep(10), "12 bits in 16": deep(12),
    "14 bits in 16": deep(14), "16 bits": deep(16),
    "8 bits in 32": deep(8, np.int32), "16 bits in 32": deep(16, np.int32), "30 bits in 32": deep(30, np.int32),
    "real, 0 to 1": real(0, 1), "real, 0 to 255": real(0, 255), "real, -1 to 1": real(-1, 1),
    "real, 0 to 65535": real(0, 65535), "real, -1000 to 3000": real(-1000, 3000),
}  # fmt: skip
SUFFIXES = {
    "grey": "png jpg jfif tif bmp pgm jp2 webp avif heic gif",
    "one bit": "png tif bmp", "colours": "png jpg webp avif heic tif bmp jp2", "palette": "png gif bmp tif",
    "CMYK": "jpg tif", "grey and alpha": "png tif jp2", "colours and alpha": "png webp tif avif heic jp2",
    "faint ink on nothing": "png webp", "palette with a transparent entry": "png gif",
} | {name: "png" for name in MAKERS if "one grey transparent" in name} | {
    name: "png tif" for name in MAKERS if name.endswith(("in 16", "16 bits"))
} | {name: "tif" for name in MAKERS if name.endswith("in 32")} | {
    name: "tif pfm" for name in MAKERS if name.startswith("real")
}  # fmt: skip


def all_kinds(heic: bool, avif: bool) -> list[Odd]:
    """Every kind in every format and orientation in which it can be stored."""
    kinds = []
    for name, suffixes in SUFFIXES.items():
        for suffix in suffixes.split():
            if (suffix == "heic" and not heic) or (suffix == "avif" and not avif):
                continue
            for orientation in STORED if suffix in WITH_EXIF else (1,):
                kinds += [Odd(name, f".{suffix}", orientation, dark) for dark in (True, False)]
    return kinds
