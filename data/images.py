"""Image files as people see them: upright, opaque, in 8 bits a channel.

What a single image cannot tell is measured once for all images of a data set, and is a `Reading`.
"""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps

from errors import InputError

with contextlib.suppress(ImportError):
    import pillow_heif

    pillow_heif.register_heif_opener()

MOST_PIXELS = 300_000_000  # the largest telephones take 200 million; more is taken for a bomb
LARGE = 50_000_000
BYTE = 255
GROUNDS = {"white": 255, "black": 0, "grey": 128}
CLEAR_CONTRAST = 64
USUAL_BITS = (1, 8, 10, 12, 14, 16)
USUAL_TOPS = (1.0, 255.0, 65535.0)
TOP_OF_12_BITS = 15  # in the upper byte of 16 bits
STRETCHED = {"L;2": 85, "L;4": 17}
LATE_TO_TELL = ("ICO", "ICNS")
LIMIT = threading.Lock()

Range = tuple[float, float]


@dataclass(frozen=True)
class Reading:
    """How the images of a data set are read, the same way for all of them.

    ground: what lies under transparent images, a key of GROUNDS. whole, real: the numbers that become black and white
    in images of more than 8 bits, of whole numbers and of real ones. notes: what a user should know of it.
    """

    ground: str = "white"
    whole: Range = (0, 65535)
    real: Range = (0.0, 1.0)
    notes: tuple[str, ...] = field(default=(), compare=False)


USUAL = Reading()


def read_pixels(
    path: Path, mode: str, reading: Reading = USUAL, size: tuple[int, int] | None = None,
    resample: Image.Resampling = Image.Resampling.BILINEAR,
) -> np.ndarray:  # fmt: skip
    """One image as uint8, (H, W, 3) for the mode "RGB" and (H, W) for "L"; with `size` = (H, W) scaled to it.

    Raises InputError naming the file if it cannot be read.
    """
    with opened(path) as image:
        seen, _ = as_seen(image, mode, reading)
        if size is not None and seen.size != (size[1], size[0]):
            seen = seen.resize((size[1], size[0]), resample)
        return np.array(seen)


def read_shrunk(path: Path, reading: Reading = USUAL) -> tuple[np.ndarray, int]:
    """One image as uint8 (H, W, 3), and how many times larger it is itself: more than once beyond 50 megapixels.

    Raises InputError naming the file if it cannot be read.
    """
    with opened(path) as image:
        seen, factor = as_seen(image, "RGB", reading)
        return np.array(seen), factor


def measure(paths: Iterable[Path]) -> Reading:
    """How these images must be read so that the ink of all is seen. Those that cannot be read are passed over.

    Raises InputError naming the first image with 16-bit colours if none of these uses more than 12 bits.
    """
    found = Measured()
    for path in paths:
        with contextlib.suppress(InputError), opened(path) as image:
            found.add(path, image)
    return found.reading()


@dataclass
class Measured:
    """What is known of a data set while it is measured, image by image.

    contrasts: how far the ink of each transparent image is from each of GROUNDS. whole, real: least and largest number
    of each deep image. colours: the largest upper byte of all 16-bit colours, whose first image is `first`.
    """

    contrasts: list[list[float]] = field(default_factory=list)
    whole: list[Range] = field(default_factory=list)
    real: list[Range] = field(default_factory=list)
    colours: int = 0
    first: Path | None = None

    def add(self, path: Path, image: Image.Image) -> None:
        """Looks at an image that is not decoded yet; a plain one never is."""
        if image.format in LATE_TO_TELL:
            image.load()
        if is_deep(image):
            values = numbers_of(image)
            kind = self.real if values.dtype.kind == "f" else self.whole
            kind.append((values.min().item(), values.max().item()))
            image = in_eight_bits(image, Reading(whole=kind[-1], real=kind[-1]))
        elif ";16" in raw_mode(image):
            self.first = self.first or path
            self.colours = max(self.colours, np.asarray(image).max().item())
        if image.has_transparency_data:
            grey, alpha = (np.asarray(band, dtype=np.float64) for band in image.convert("RGBA").convert("LA").split())
            if 0 < alpha.sum() < BYTE * alpha.size:
                self.contrasts.append([np.average(abs(grey - level), weights=alpha) for level in GROUNDS.values()])

    def reading(self) -> Reading:
        """Raises InputError if 16-bit colours use 12 bits at most: their lower byte is not to be had from Pillow."""
        if self.first is not None and self.colours <= TOP_OF_12_BITS:
            raise InputError(
                f"{self.first}: its 16-bit colours use no more than 12 bits and would come out black; "
                "save such images with 8 bits a channel"
            )
        made = Reading(self.ground(), range_of_whole(self.whole), range_of_real(self.real))
        return replace(made, notes=tuple(self.notes(made)))

    def notes(self, made: Reading) -> Iterator[str]:
        if self.contrasts:
            yield f"{len(self.contrasts):,} transparent image(s), laid on {made.ground}"
        for found, kind, (low, high) in ((self.whole, "whole", made.whole), (self.real, "real", made.real)):
            if found:
                yield f"{len(found):,} image(s) of {kind} numbers, of which {low:g} to {high:g} become black to white"

    def ground(self) -> str:
        """White if all ink is clear on it, else the one on which the faintest ink is clearest."""
        if not self.contrasts:
            return USUAL.ground
        least = dict(zip(GROUNDS, np.min(self.contrasts, axis=0).tolist(), strict=True))
        return "white" if least["white"] >= CLEAR_CONTRAST else max(least, key=lambda name: least[name])


def range_of_whole(found: list[Range]) -> Range:
    """From 0 to the end of the usual number of bits that holds all; as they are if some are negative."""
    if not found:
        return USUAL.whole
    low, high = min(low for low, _ in found), max(high for _, high in found)
    bits = next((bits for bits in USUAL_BITS if high < 2**bits), int(high).bit_length())
    return (low, high) if low < 0 else (0, 2**bits - 1)


def range_of_real(found: list[Range]) -> Range:
    """From 0 to 1, 255 or 65,535 if that holds all; as they are if some are negative or larger."""
    if not found:
        return USUAL.real
    low, high = min(low for low, _ in found), max(high for _, high in found)
    return (low, high) if low < 0 else (0.0, next((top for top in USUAL_TOPS if high <= top), high))


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """The image, not decoded yet. Whatever goes wrong inside is an InputError that names the file.

    Pillow gets the open file and no path, which it would map into memory, and then turn some TIFFs wrong.
    """
    try:
        with no_warnings(), path.open("rb") as file, opened_by_pillow(file) as image:
            if image.width * image.height > MOST_PIXELS:
                raise ValueError(f"{image.width:,} x {image.height:,} pixels are too many; {MOST_PIXELS:,} can be read")
            mend_transparency(image)
            yield image
    except InputError:
        raise
    except Exception as error:  # decoders of damaged files raise whatever comes
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path} cannot be read as an image ({reason}); remove or replace it") from None


@contextlib.contextmanager
def no_warnings() -> Iterator[None]:
    """Pillow warns of odd metadata, which matters to nobody here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def opened_by_pillow(file: BinaryIO) -> Image.Image:
    """Without Pillow's own limit, which telephones go beyond and which is one for the whole process."""
    with LIMIT:
        before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            return Image.open(file)
        finally:
            Image.MAX_IMAGE_PIXELS = before


def mend_transparency(image: Image.Image) -> None:
    """Pillow stretches the greys of 2 and 4 bits to 8, but not the one that a PNG says is transparent."""
    if isinstance(image.info.get("transparency"), int):
        image.info["transparency"] *= STRETCHED.get(raw_mode(image), 1)


def raw_mode(image: Image.Image) -> str:
    """How the file stores its pixels, in Pillow's words; "" once it is decoded."""
    tiles = getattr(image, "tile", None)
    arguments = tiles[0].args if tiles else ""
    return str(arguments[0] if isinstance(arguments, tuple) and arguments else arguments)


def as_seen(image: Image.Image, mode: str, reading: Reading) -> tuple[Image.Image, int]:
    """The image upright, opaque, in 8 bits, of at most 50 megapixels; and how many times larger it was."""
    width, wanted = image.width, shrinking(image)
    if wanted > 1:
        image.draft(None, (image.width // wanted, image.height // wanted))
    drafted = round(width / image.width)
    image.load()
    with contextlib.suppress(Exception):  # EXIF that cannot be read says nothing
        ImageOps.exif_transpose(image, in_place=True)
    if is_deep(image):
        image = in_eight_bits(image, reading)
    if image.has_transparency_data:
        level = GROUNDS[reading.ground]
        ground = Image.new("RGBA", image.size, (level, level, level, BYTE))
        ground.alpha_composite(image.convert("RGBA"))
        image = ground
    seen = image.convert(mode)
    left = shrinking(seen)
    return (seen.reduce(left) if left > 1 else seen), drafted * left


def shrinking(image: Image.Image) -> int:
    """By how much the sides must be divided for at most 50 megapixels."""
    return max(1, int(np.ceil(np.sqrt(image.width * image.height / LARGE))))


def is_deep(image: Image.Image) -> bool:
    return image.mode == "F" or image.mode.startswith("I")


def numbers_of(image: Image.Image) -> np.ndarray:
    """The numbers of a deep image, (H, W). Raises ValueError unless they are finite."""
    values = np.asarray(image)
    if image.mode == "I" and image.format == "TIFF" and image.tag_v2.get(339, 1) in (1, (1,)):  # type: ignore[attr-defined]
        return values.view(np.uint32)  # Pillow has no mode for them and takes the upper half for negative
    if not np.isfinite(values).all():
        raise ValueError("some of its numbers are not finite")
    return values


def in_eight_bits(image: Image.Image, reading: Reading) -> Image.Image:
    """A deep image as grey, with an alpha channel if one of its numbers is transparent."""
    values = numbers_of(image)
    low, high = reading.real if values.dtype.kind == "f" else reading.whole
    if values.dtype.kind != "f" and high - low >= BYTE:
        grey = (values.astype(np.int64) - int(low)) * (BYTE + 1) // (int(high) - int(low) + 1)
    else:
        grey = np.round((values.astype(np.float64) - low) * (BYTE / ((high - low) or 1)))
    made = Image.fromarray(grey.clip(0, BYTE).astype(np.uint8))
    if "transparency" in image.info:
        made.putalpha(Image.fromarray(np.where(values == image.info["transparency"], 0, BYTE).astype(np.uint8)))
    return made
