"""Pictures into files: a PNG a frame, one GIF a split."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import imageio.v3 as iio
import numpy as np
from PIL import Image

from files import write_whole
from training.snapshot import Run, SplitName, epoch_label
from viz.frames import Page
from viz.style import Style

PALETTE_SIZE = 256
SHORTEST_MILLISECONDS = 20


@dataclass(frozen=True)
class Timing:
    """seconds: how long a frame stands; hold: how long the last one does, seconds."""

    seconds: float = 0.4
    hold: float = 2.0


def draw_run(
    run: Run, folder: Path, split: SplitName, style: Style, timing: Timing, span: range, stills: bool = True
) -> Path:
    """SPLIT.gif of the snapshots in `span`; with `stills` also their frames/SPLIT_epoch_NN.png, and SPLIT_last.png.

    Returns the GIF's path.
    """
    page = Page(run, split, style)
    palette = shared_palette(page.image(number) for number in {span[0], span[len(span) // 2], span[-1]})
    (folder / "frames").mkdir(parents=True, exist_ok=True)
    indexed = []
    for number in span:
        image = page.image(number)
        indexed.append(Image.fromarray(image).quantize(palette=palette, dither=Image.Dither.NONE))
        if stills:
            png = png_bytes(image)
            write_whole(folder / "frames" / f"{split}_epoch_{epoch_label(run.snapshots[number].epoch)}.png", png)
    if stills and span[-1] == len(run.snapshots) - 1:
        write_whole(folder / f"{split}_last.png", png)
    path = folder / f"{split}.gif"
    write_whole(path, gif_bytes(indexed, palette, timing))
    return path


def shared_palette(samples: Iterable[np.ndarray]) -> Image.Image:
    """One palette for all frames, from a few uint8 (height, width, 3) samples."""
    strip = Image.fromarray(np.concatenate(list(samples)))
    return strip.quantize(PALETTE_SIZE, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)


def gif_bytes(indexed: list[Image.Image], palette: Image.Image, timing: Timing) -> bytes:
    """Images in one palette -> a GIF that plays for ever; times are rounded to 10 ms, at least 20.

    Pillow writes it itself: by way of imageio, which hands it bare indices, it takes nine times as long.
    """
    durations = [milliseconds(timing.seconds)] * (len(indexed) - 1) + [milliseconds(max(timing.hold, timing.seconds))]
    packed = io.BytesIO()
    indexed[0].save(
        packed,
        "GIF",
        save_all=True,
        append_images=indexed[1:],
        palette=bytes(palette.getpalette() or ()),
        duration=durations,
        loop=0,
        optimize=False,
    )
    return packed.getvalue()


def png_bytes(image: np.ndarray) -> bytes:
    """Compressed lightly: level 1 is several times faster than 6 and a tenth larger."""
    return iio.imwrite("<bytes>", image, plugin="pillow", extension=".png", compress_level=1)


def milliseconds(seconds: float) -> int:
    return max(SHORTEST_MILLISECONDS, round(seconds * 100) * 10)
