"""What holds for all images of a data set: the ground under transparent ones, and the range of deep ones."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from PIL import Image

from marginalia.core.errors import InputError
from marginalia.data.images import (
    BYTE,
    GROUNDS,
    USUAL,
    Range,
    Readable,
    Reading,
    has_deep_colours,
    has_key,
    in_eight_bits,
    is_deep,
    numbers_of,
    opened,
    shrinking,
)

SAMPLE = 1_000_000
NEARLY_AS_CLEAR, CLEAR_OF_KEY = 0.8, 32
LEAST_TRANSPARENT, FAR_INK = 0.05, 95
USUAL_TOPS = (1, 255, 1023, 4095, 16383, 65535)
OVERSHOOT = 1.02
HALF_OF_A_BYTE = 127
JPEG_START = b"\xff\xd8"


def measure(paths: Iterable[Readable]) -> Reading:
    """How these images must be read so that the ink of all is seen. Those that cannot be read are passed over.

    Raises InputError naming an image with 16-bit colours if these use less than half of their range.
    """
    found = Measured()
    for path in paths:
        with contextlib.suppress(InputError):
            if not is_jpeg(path):
                with opened(path) as image:
                    found.add(path, image)
    return found.reading()


def is_jpeg(path: Readable) -> bool:
    """Whether the file begins as a JPEG, which is never transparent and never has more than 8 bits."""
    try:
        with path.open("rb") as file:
            return file.read(len(JPEG_START)) == JPEG_START
    except OSError:
        return False


@dataclass
class Measured:
    """What is known of a data set while it is measured, image by image.

    contrasts, nearly_opaque: for each image that is transparent by its alpha channel or palette, how far the ink is
    from each of GROUNDS; in nearly opaque images the ink is most of the picture. keyed: for each image with one
    transparent colour, how far the ink is from that colour, then from each of GROUNDS. integers, floats: least and
    largest number of each deep image. colours: the largest upper byte of all 16-bit colours; `first` is one such image.
    """

    contrasts: list[list[float]] = field(default_factory=list)
    nearly_opaque: list[list[float]] = field(default_factory=list)
    keyed: list[list[float]] = field(default_factory=list)
    integers: list[Range] = field(default_factory=list)
    floats: list[Range] = field(default_factory=list)
    colours: int = 0
    first: Readable | None = None

    def add(self, path: Readable, image: Image.Image) -> None:
        """Looks at an image that is not decoded yet; a plain one never is."""
        deep_colours, key = has_deep_colours(image), has_key(image)
        if is_deep(image):
            values = numbers_of(image)
            shown = values[np.asarray(image) != image.info["transparency"]] if key else values
            found = ends_of(shown if shown.size else values)
            (self.floats if values.dtype.kind == "f" else self.integers).append(found)
            image = in_eight_bits(image, Reading(integers=found, floats=found)) if key else image
        elif deep_colours:
            self.add_colours(path, image)
        if key:
            self.add_keyed(image)
        elif image.has_transparency_data:
            self.add_transparent(image)

    def add_colours(self, path: Readable, image: Image.Image) -> None:
        colours, alpha = image.convert("RGB").getextrema(), image.convert("RGBA").getchannel("A").getextrema()
        top = max(high for _, high in colours)  # type: ignore[misc]
        if top or alpha[0] == alpha[1]:  # black ink on nothing tells nothing of the range
            self.first = self.first or path
            self.colours = max(self.colours, int(top))

    def add_transparent(self, image: Image.Image) -> None:
        small = to_rgba(image)
        alpha, grey = bands(small.reduce(shrinking(small, SAMPLE)))
        if 0 < alpha.mean() < BYTE:
            hidden = (alpha <= HALF_OF_A_BYTE).mean()
            (self.contrasts if hidden >= LEAST_TRANSPARENT else self.nearly_opaque).append(contrasts_of(grey, alpha))

    def add_keyed(self, image: Image.Image) -> None:
        small = image.convert("RGBA")
        factor = shrinking(small, SAMPLE)
        size = small.width // factor, small.height // factor
        alpha, grey = bands(small.resize(size, Image.Resampling.NEAREST) if factor > 1 else small)
        hidden = alpha == 0
        if not 0 < hidden.mean() < 1:
            return
        far = float(np.percentile(abs(grey[~hidden] - grey[hidden].mean()), FAR_INK))
        self.keyed.append([far if hidden.mean() >= LEAST_TRANSPARENT else CLEAR_OF_KEY, *contrasts_of(grey, alpha)])

    def reading(self) -> Reading:
        """Raises InputError if 16-bit colours use half of their range at most: Pillow gives only their upper byte."""
        if self.first is not None and self.colours <= HALF_OF_A_BYTE:
            raise InputError(
                f"the images with 16-bit colours, such as {self.first}, use less than half of their range "
                "and would come out dark; save them with 8 bits a channel"
            )
        integers, floats = (range_of(found) for found in (self.integers, self.floats))
        shows_keys = min((to_key for to_key, *_ in self.keyed), default=0) >= CLEAR_OF_KEY
        made = Reading(self.background(shows_keys), integers or USUAL.integers, floats or USUAL.floats, shows_keys)
        return replace(made, notes=tuple(self.notes(made)))

    def notes(self, made: Reading) -> Iterator[str]:
        laid = len(self.contrasts) + len(self.nearly_opaque) + (0 if made.shows_keys else len(self.keyed))
        if laid:
            yield f"{laid:,} transparent image(s), laid on {made.background}"
        if made.shows_keys:
            yield f"{len(self.keyed):,} image(s) in which one colour is marked as transparent; that colour is shown"
        kinds = ((self.integers, "integers", made.integers), (self.floats, "floating-point numbers", made.floats))
        for found, kind, (low, high) in kinds:
            if found:
                yield f"{len(found):,} image(s) of {kind}: {low:,.12g} is shown as black, {high:,.12g} as white"

    def background(self, shows_keys: bool) -> str:
        """The one on which the faintest ink is clearest; white if it is nearly as clear there."""
        contrasts = self.contrasts + ([] if shows_keys else [contrasts for _, *contrasts in self.keyed])
        contrasts = contrasts or self.nearly_opaque
        if not contrasts:
            return USUAL.background
        least = dict(zip(GROUNDS, np.min(contrasts, axis=0).tolist(), strict=True))
        best = max(least, key=lambda name: least[name])
        return "white" if least["white"] >= NEARLY_AS_CLEAR * least[best] else best


def to_rgba(image: Image.Image) -> Image.Image:
    return (image.convert("LA") if image.mode == "La" else image).convert("RGBA")


def bands(image: Image.Image) -> tuple[np.ndarray, np.ndarray]:
    """Alpha and grey of an RGBA image, float32 (H, W) each."""
    return np.asarray(image.getchannel("A"), np.float32), np.asarray(image.convert("L"), np.float32)


def contrasts_of(grey: np.ndarray, alpha: np.ndarray) -> list[float]:
    """How far the grey of what is not transparent is from each of GROUNDS on average."""
    return [float(np.average(abs(grey - level), weights=alpha)) for level in GROUNDS.values()]


def ends_of(values: np.ndarray) -> Range:
    """The least and the largest number, without one pixel in 10,000 at each end, which may be broken.

    From 1,000 pixels on it is at least one. Where nothing is left between the ends, all pixels count.
    """
    few = values.size // 10_000 + (values.size >= 1000)
    ordered = np.partition(values.ravel(), (few, values.size - 1 - few))
    low, high = ordered[few].item(), ordered[-1 - few].item()
    return (low, high) if low < high else (values.min().item(), values.max().item())


def range_of(found: list[Range]) -> Range | None:
    """From 0 to the usual top that holds all numbers, if they fill half of that; else from the least to the largest."""
    if not found:
        return None
    low, high = min(low for low, _ in found), max(high for _, high in found)
    top = next((top for top in USUAL_TOPS if high <= OVERSHOOT * top), 0)
    return (0, top) if low >= 0 and top and (low == high or high - low >= top / 2) else (low, high)
