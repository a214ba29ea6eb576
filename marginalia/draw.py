"""Pictures of a run that was read: an array, a moving picture, a page."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from marginalia.core.errors import InputError
from marginalia.core.files import write_whole
from marginalia.record.description import Description
from marginalia.record.snapshot import Run, SplitName
from marginalia.viz.frames import SquareFrame
from marginalia.viz.movie import movie_bytes, png_bytes
from marginalia.viz.style import Style
from marginalia.viz.timing import Timing

KINDS = (".gif", ".webp", ".apng", ".mp4")


def frame(run: Run, number: int = -1, split: SplitName = "test", style: Style | None = None) -> np.ndarray:
    """The picture of one snapshot, the last one unless said otherwise, uint8 (height, width, 3).

    Raises InputError if the run cannot be drawn: if it has more than three dimensions, or no class weights.
    """
    return SquareFrame(run, split, style or Style()).image(range(len(run.snapshots))[number])


def png(run: Run, number: int = -1, split: SplitName = "test", style: Style | None = None) -> bytes:
    """`frame` as a PNG."""
    return png_bytes(frame(run, number, split, style))


def gif(
    run: Run, path: str | Path, split: SplitName = "test", style: Style | None = None, timing: Timing | None = None
) -> Path:
    """The run as a moving picture, a frame a snapshot; the suffix says which: .gif, .webp, .apng or .mp4.

    Raises InputError if the run cannot be drawn or the suffix is another, OSError if `path` cannot be written.
    """
    path = Path(path)
    if path.suffix not in KINDS:
        raise InputError(f"{path} must end with {', '.join(KINDS)}")
    content = movie_bytes(SquareFrame(run, split, style or Style()), timing or Timing(), path.suffix[1:])
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)
    return path


def page(run: Run, description: Description, path: str | Path, data_dir: Path, style: Style | None = None) -> Path:
    """One HTML file to explore a run of ours in the plane, with the images of its points.

    data_dir: where torchvision's data sets lie. Raises InputError if the run cannot be drawn or its images not be had.
    """
    from marginalia.data.sources import load_dataset
    from marginalia.point_images import images_of, source_of
    from marginalia.viz.page.assemble import write_page

    path = Path(path)
    source, image_size = source_of(description)
    dataset = load_dataset(source, data_dir, image_size).without(run.held_out_names)
    write_page(path, [run], [images_of(run, description, dataset)], style or Style())
    return path
