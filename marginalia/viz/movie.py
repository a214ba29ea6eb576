"""A run's pictures as files: a PNG a frame, and one moving picture a split."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import imageio.v3 as iio
import numpy as np

from marginalia.core.files import write_whole
from marginalia.record.snapshot import Run, SplitName, moment_labels
from marginalia.viz.angle_plane import AnglePlane
from marginalia.viz.compare import Compare
from marginalia.viz.encode import encode
from marginalia.viz.frames import Plain, SquareFrame
from marginalia.viz.geometry import FULL_TURN
from marginalia.viz.sheet import Sheet
from marginalia.viz.slide import Slide
from marginalia.viz.style import Style
from marginalia.viz.timing import Timing
from marginalia.viz.tween import tweened

LAYOUTS: dict[str, type[SquareFrame] | type[Slide] | type[Plain] | type[AnglePlane]] = {
    "square": SquareFrame,
    "slide": Slide,
    "plain": Plain,
    "angles": AnglePlane,
}
TURN_SECONDS = 0.1


def draw_run(
    run: Run, folder: Path, split: SplitName, style: Style, timing: Timing, span: range,
    stills: bool = True, layout: str = "square", kind: str = "gif",
) -> Path:  # fmt: skip
    """SPLIT.gif of the snapshots in `span`; with `stills` also their frames/SPLIT_epoch_NN.png, and SPLIT_last.png.

    kind: gif, webp, apng or mp4. In another layout than the square one, names begin with it: "slide_test.gif".
    Returns the path of the moving picture.
    """
    sheet = LAYOUTS[layout](run, split, style)
    chosen = [sheet.run.snapshots[number] for number in span]
    sheet.run = tweened(replace(sheet.run, snapshots=tuple(chosen)), timing.between)
    sheet.pace = 1 / (timing.between + 1)
    name, labels = prefixed(split, layout), moment_labels(run.snapshots)
    (folder / "frames").mkdir(parents=True, exist_ok=True)

    def frames() -> Iterator[np.ndarray]:
        for number in range(sheet.count):
            image = sheet.image(number)
            measured, made_up = divmod(number, timing.between + 1)
            if stills and not made_up:
                write_whole(folder / "frames" / f"{name}_epoch_{labels[span[measured]]}.png", png_bytes(image))
            yield image
        if stills and span[-1] == len(run.snapshots) - 1:
            write_whole(folder / f"{name}_last.png", png_bytes(image))

    path = folder / f"{name}.{kind}"
    write_whole(path, movie_bytes(sheet, timing, kind, frames()))
    return path


def movie_bytes(
    sheet: Sheet, timing: Timing, kind: str, frames: Iterable[np.ndarray] | None = None, last_first: bool = False
) -> bytes:
    """All moments of a sheet, encoded; the first, the middle and the last lend their colours to a GIF's palette.

    frames: its images, where the caller wants to see them pass by. last_first: the round begins with the last moment,
    for programs that show a GIF's first frame and no more.
    """
    count, milliseconds = sheet.count, timing.milliseconds(sheet.changes)
    samples = [sheet.image(number) for number in ({0, count // 2, count - 1} if kind == "gif" else {0})]
    numbers = [*range(count)]
    if last_first:
        numbers, milliseconds = [count - 1, *numbers[:-1]], [milliseconds[-1], *milliseconds[:-1]]
    return encode(frames if frames is not None else map(sheet.image, numbers), samples, milliseconds, kind)


def draw_turn(run: Run, folder: Path, split: SplitName, style: Style) -> Path:
    """turn_SPLIT.gif: the last snapshot of a 3-D run, turned once around without a seam."""
    sheet = SquareFrame(run, split, style)
    sheet.run = replace(sheet.run, snapshots=sheet.run.snapshots[-1:] * FULL_TURN)
    path = folder / f"turn_{split}.gif"
    write_whole(path, movie_bytes(sheet, Timing(TURN_SECONDS, hold=0), "gif"))
    return path


def draw_comparison(sheet: Compare, path: Path, timing: Timing) -> Path:
    """The runs side by side at all their epochs, as a moving picture of the kind that the path's suffix names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, movie_bytes(sheet, timing, path.suffix[1:]))
    return path


def draw_still(run: Run, folder: Path, split: SplitName, style: Style, number: int, layout: str, kind: str) -> Path:
    """One snapshot as SPLIT_epoch_NN.png, .svg or .pdf."""
    name = prefixed(split, layout)
    path = folder / f"{name}_epoch_{moment_labels(run.snapshots)[number]}.{kind}"
    write_whole(path, LAYOUTS[layout](run, split, style).file(number, kind))
    return path


def prefixed(split: SplitName, layout: str) -> str:
    """ "test" in the square layout, which is the usual one, "slide_test" in another."""
    return split if layout == "square" else f"{layout}_{split}"


def png_bytes(image: np.ndarray) -> bytes:
    """Compressed lightly: level 1 is several times faster than 6 and a tenth larger."""
    return iio.imwrite("<bytes>", image, plugin="pillow", extension=".png", compress_level=1)
