"""Image files as people see them: upright, opaque, in 8 bits a channel.

What a single image cannot tell is a `Reading`, which `data.measure` makes once for all images of a data set.
"""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal, Protocol, runtime_checkable

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from marginalia.core.errors import InputError

with contextlib.suppress(ImportError):
    import pillow_heif

    pillow_heif.register_heif_opener()

MOST_PIXELS = 300_000_000  # the largest telephones take 200 million; more is taken for a bomb
LARGE = 50_000_000
BYTE, DEEPEST = 255, 65535
GROUNDS = {"white": 255, "black": 0, "grey": 128, "dark grey": 64, "light grey": 192}
STEPS_BETWEEN = {"LAB": "RGB", "La": "LA"}  # Pillow converts these to nothing else
STRETCHED = {"L;2": 85, "L;4": 17}
PHOTOMETRIC, SAMPLE_FORMAT = 262, 339  # tags of TIFF
WHITE_IS_ZERO, UNSIGNED, SIGNED = 0, 1, 2  # their values
LIMIT = threading.Lock()

Range = tuple[float, float]


@dataclass(frozen=True)
class Reading:
    """How the images of a data set are read, the same way for all of them.

    ground: what lies under transparent images, a key of GROUNDS. integers, floats: the numbers that become black and
    white in images of more than 8 bits. shows_keys: whether the one colour that a PNG without an alpha channel can call
    transparent is shown as if it were not. notes: what a user should know of it.
    """

    background: str = "white"
    integers: Range = (0, 65535)
    floats: Range = (0.0, 1.0)
    shows_keys: bool = False
    notes: tuple[str, ...] = field(default=(), compare=False)


USUAL = Reading()


class Readable(Protocol):
    """A path, or what stands for one: it opens as a file of bytes, and its text says where it is."""

    def open(self, mode: Literal["rb"], /) -> BinaryIO: ...


@runtime_checkable
class InFile(Readable, Protocol):
    """An image that is a part of a file, or made of one. key: which of that file's."""

    @property
    def file(self) -> Path: ...

    @property
    def key(self) -> int | str: ...


def read_pixels(
    path: Readable, mode: str, reading: Reading = USUAL, size: tuple[int, int] | None = None,
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


def read_shrunk(path: Readable, reading: Reading = USUAL) -> tuple[np.ndarray, int]:
    """One image as uint8 (H, W, 3), and how many times larger it is itself: more than once beyond 50 megapixels.

    Raises InputError naming the file if it cannot be read.
    """
    with opened(path) as image:
        seen, factor = as_seen(image, "RGB", reading)
        return np.array(seen), factor


@contextlib.contextmanager
def opened(path: Readable) -> Iterator[Image.Image]:
    """The image, not decoded yet. Whatever goes wrong inside is an InputError that names the file.

    Pillow gets the open file and no path, which it would map into memory, and then turn some TIFFs wrong.
    """
    try:
        with no_warnings(), path.open("rb") as file, opened_by_pillow(file) as image:
            if image.width * image.height > MOST_PIXELS:
                raise ValueError(f"{image.width:,} x {image.height:,} pixels are too many; {MOST_PIXELS:,} can be read")
            mend_transparency(image)
            refuse_signed_bytes(image)
            yield image
    except InputError:
        raise
    except UnidentifiedImageError:
        raise unreadable(path, "it is in no format that Pillow reads") from None
    except Exception as error:  # decoders of damaged files raise whatever comes
        raise unreadable(path, str(error).splitlines()[0] if str(error) else type(error).__name__) from None


def unreadable(path: Readable, reason: str) -> InputError:
    return InputError(f"{path} cannot be read as an image ({reason}); remove or replace it")


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


def refuse_signed_bytes(image: Image.Image) -> None:
    """ValueError for a TIFF of signed 8-bit numbers, which Pillow takes for unsigned ones."""
    if not is_deep(image) and getattr(image, "tag_v2", {}).get(SAMPLE_FORMAT) in (SIGNED, (SIGNED,)):
        raise ValueError("signed numbers of 8 bits are not read")


def raw_arguments(image: Image.Image) -> tuple[Any, ...]:
    """How the file stores its pixels, in Pillow's words; nothing once it is decoded."""
    tiles = getattr(image, "tile", None)
    arguments = tiles[0].args if tiles else ()
    return arguments if isinstance(arguments, tuple) else (arguments,)


def raw_mode(image: Image.Image) -> str:
    return str(next(iter(raw_arguments(image)), ""))


def as_seen(image: Image.Image, mode: str, reading: Reading) -> tuple[Image.Image, int]:
    """The image upright, opaque, in 8 bits, of at most 50 megapixels; and how many times larger it was."""
    width, wanted = image.width, shrinking(image)
    if wanted > 1:
        image.draft(None, (image.width // wanted, image.height // wanted))
    drafted = round(width / image.width)
    image.load()
    with contextlib.suppress(Exception):  # EXIF that cannot be read says nothing
        ImageOps.exif_transpose(image, in_place=True)
    if reading.shows_keys and has_key(image):
        del image.info["transparency"]
    if is_deep(image):
        image = in_eight_bits(image, reading)
    if image.mode in STEPS_BETWEEN:
        image = image.convert(STEPS_BETWEEN[image.mode])
    transparent = image.has_transparency_data
    seen = image.convert("RGBA" if transparent else mode)
    left = shrinking(seen)
    seen = seen.reduce(left) if left > 1 else seen
    if transparent:
        level = GROUNDS[reading.background]
        background = Image.new("RGBA", seen.size, (level, level, level, BYTE))
        background.alpha_composite(seen)
        seen = background.convert(mode)
    return seen, drafted * left


def shrinking(image: Image.Image, most: int | None = None) -> int:
    """What both sides must be divided by so that at most `most` pixels are left, or `LARGE`."""
    return max(1, int(np.ceil(np.sqrt(image.width * image.height / (most or LARGE)))))


def has_key(image: Image.Image) -> bool:
    """Whether one colour of the image is transparent, where it has neither an alpha channel nor a palette."""
    return "transparency" in image.info and (is_deep(image) or image.mode in ("1", "L", "RGB"))


def is_deep(image: Image.Image) -> bool:
    return image.mode == "F" or image.mode.startswith("I")


def has_deep_colours(image: Image.Image) -> bool:
    """Whether Pillow will take the upper 8 bits of colours of 16; asked before the image is decoded."""
    if is_deep(image):
        return False
    maximum = max((part for part in raw_arguments(image) if isinstance(part, int)), default=0)
    return (";16" in raw_mode(image) and image.format != "BMP") or (image.format == "PPM" and maximum == DEEPEST)


def numbers_of(image: Image.Image) -> np.ndarray:
    """The numbers of a deep image, (H, W), larger for lighter. Raises ValueError unless they are finite."""
    values = np.asarray(image)
    if not np.isfinite(values).all():
        raise ValueError("some of its numbers are not finite")
    tags = getattr(image, "tag_v2", {})
    if image.mode == "I" and tags and tags.get(SAMPLE_FORMAT, UNSIGNED) in (UNSIGNED, (UNSIGNED,)):
        values = values.view(np.uint32)  # Pillow has no mode for them and takes the upper half for negative
    if tags.get(PHOTOMETRIC) == WHITE_IS_ZERO and values.dtype.kind != "f":
        values = np.iinfo(values.dtype).max - values
    return values


def in_eight_bits(image: Image.Image, reading: Reading) -> Image.Image:
    """A deep image as grey, with an alpha channel if one of its numbers is transparent."""
    values = numbers_of(image)
    low, high = reading.floats if values.dtype.kind == "f" else reading.integers
    if values.dtype.kind != "f" and high - low >= BYTE:
        grey = (values.astype(np.int64) - int(low)) * (BYTE + 1) // (int(high) - int(low) + 1)
    else:
        grey = np.round((values.astype(np.float64) - low) * (BYTE / ((high - low) or 1)))
    made = Image.fromarray(grey.clip(0, BYTE).astype(np.uint8))
    if "transparency" in image.info:
        hidden = np.asarray(image) == image.info["transparency"]
        made.putalpha(Image.fromarray(np.where(hidden, 0, BYTE).astype(np.uint8)))
    return made
