"""What holds for all images of a data set: the ground under transparent ones, and the range of deep ones."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from PIL import Image

from data.images import (
    BYTE,
    GROUNDS,
    USUAL,
    Range,
    Reading,
    has_deep_colours,
    has_key,
    in_eight_bits,
    is_deep,
    numbers_of,
    opened,
    shrinking,
)
from errors import InputError

SAMPLE = 1_000_000
NEARLY_AS_CLEAR, CLEAR_OF_KEY = 0.8, 32
LEAST_TRANSPARENT = 0.05
USUAL_TOPS = (1, 255, 1023, 4095, 16383, 65535)
OVERSHOOT = 1.02
HALF_OF_A_BYTE = 127
KNOWN_AFTER_LOADING = ("ICO", "ICNS")
JPEG_START = b"\xff\xd8"


def measure(paths: Iterable[Path]) -> Reading:
    """How these images must be read so that the ink of all is seen. Those that cannot be read are passed over.

    Raises InputError naming the first image with 16-bit colours if none of these uses more than 12 bits.
    """
    found = Measured()
    for path in paths:
        with contextlib.suppress(InputError):
            if not is_jpeg(path):
                with opened(path) as image:
                    found.add(path, image)
    return found.reading()


def is_jpeg(path: Path) -> bool:
    """Whether the file begins as a JPEG, which is never transparent, nor of more than 8 bits."""
    try:
        with path.open("rb") as file:
            return file.read(len(JPEG_START)) == JPEG_START
    except OSError:
        return False


@dataclass
class Measured:
    """What is known of a data set while it is measured, image by image.

    transparent: how many images are, by their alpha channel or palette; contrasts: how far the ink of those with a
    transparent ground is from each of GROUNDS. keyed: the same of images of which one colour is transparent, after how
    far the ink is from that colour. integers, floats: least and largest number of each deep image. colours: the largest
    upper byte of all 16-bit colours, whose first image is `first`.
    """

    transparent: int = 0
    contrasts: list[list[float]] = field(default_factory=list)
    keyed: list[list[float]] = field(default_factory=list)
    integers: list[Range] = field(default_factory=list)
    floats: list[Range] = field(default_factory=list)
    colours: int = 0
    first: Path | None = None

    def add(self, path: Path, image: Image.Image) -> None:
        """Looks at an image that is not decoded yet; a plain one never is."""
        if image.format in KNOWN_AFTER_LOADING:
            image.load()
        deep_colours, key = has_deep_colours(image), has_key(image)
        if is_deep(image):
            values = numbers_of(image)
            found = ends_of(values)
            (self.floats if values.dtype.kind == "f" else self.integers).append(found)
            image = in_eight_bits(image, Reading(integers=found, floats=found))
        elif deep_colours:
            self.add_colours(path, image)
        if image.has_transparency_data:
            self.add_transparent(image, key)

    def add_colours(self, path: Path, image: Image.Image) -> None:
        colours, alpha = image.convert("RGB").getextrema(), image.convert("RGBA").getchannel("A").getextrema()
        top = max(high for _, high in colours)  # type: ignore[misc]
        if top or alpha[0] == alpha[1]:  # black ink on nothing tells nothing of the range
            self.first = self.first or path
            self.colours = max(self.colours, int(top))

    def add_transparent(self, image: Image.Image, key: bool) -> None:
        small = image.convert("RGBA")
        small = small if key else small.reduce(shrinking(small, SAMPLE))
        alpha, grey = np.asarray(small.getchannel("A")), np.asarray(small.convert("L"), dtype=np.float32)
        if not 0 < alpha.mean() < BYTE:
            return
        ink = alpha.astype(np.float32)
        contrasts = [float(np.average(abs(grey - level), weights=ink)) for level in GROUNDS.values()]
        if key:
            to_key = float(np.average(abs(grey - grey[alpha == 0].mean()), weights=ink))
            self.keyed.append([to_key, *contrasts])
            return
        self.transparent += 1
        if (alpha <= HALF_OF_A_BYTE).mean() >= LEAST_TRANSPARENT:
            self.contrasts.append(contrasts)

    def reading(self) -> Reading:
        """Raises InputError if 16-bit colours use 15 bits at most: their lower byte is not to be had from Pillow."""
        if self.first is not None and self.colours <= HALF_OF_A_BYTE:
            raise InputError(
                f"{self.first}: its 16-bit colours do not use all 16 bits and would come out dark; "
                "save such images with 8 bits a channel"
            )
        integers, floats = (range_of(found) for found in (self.integers, self.floats))
        shows_keys = min((to_key for to_key, *_ in self.keyed), default=0) >= CLEAR_OF_KEY
        made = Reading(self.ground(shows_keys), integers or USUAL.integers, floats or USUAL.floats, shows_keys)
        return replace(made, notes=tuple(self.notes(made)))

    def notes(self, made: Reading) -> Iterator[str]:
        laid = self.transparent + (0 if made.shows_keys else len(self.keyed))
        if laid:
            yield f"{laid:,} transparent image(s), laid on {made.ground}"
        if made.shows_keys:
            yield f"{len(self.keyed):,} image(s) of which one colour is transparent; it is shown as it is"
        kinds = ((self.integers, "integers", made.integers), (self.floats, "floating-point numbers", made.floats))
        for found, kind, (low, high) in kinds:
            if found:
                yield f"{len(found):,} image(s) of {kind}, of which {low:g} to {high:g} become black to white"

    def ground(self, shows_keys: bool) -> str:
        """The one on which the faintest ink is clearest; white if it is nearly as clear there."""
        contrasts = self.contrasts + ([] if shows_keys else [contrasts for _, *contrasts in self.keyed])
        if not contrasts:
            return USUAL.ground
        least = dict(zip(GROUNDS, np.min(contrasts, axis=0).tolist(), strict=True))
        best = max(least, key=lambda name: least[name])
        return "white" if least["white"] >= NEARLY_AS_CLEAR * least[best] else best


def ends_of(values: np.ndarray) -> Range:
    """The least and the largest number, but for a ten-thousandth of the pixels, which may be broken ones."""
    few = values.size // 10_000 + (values.size >= 1000)
    ordered = np.partition(values.ravel(), (few, values.size - 1 - few))
    return ordered[few].item(), ordered[-1 - few].item()


def range_of(found: list[Range]) -> Range | None:
    """From 0 to the usual top that holds all numbers, if they fill half of that; else the numbers that there are."""
    if not found:
        return None
    low, high = min(low for low, _ in found), max(high for _, high in found)
    top = next((top for top in USUAL_TOPS if high <= OVERSHOOT * top), 0)
    return (0, top) if low >= 0 and high - low >= top / 2 > 0 else (low, high)
