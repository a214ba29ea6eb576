"""Pictures of runs that were read: arrays, moving pictures, pages, decks, and Displays for axes of matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from marginalia.core.errors import InputError
from marginalia.core.files import write_whole
from marginalia.data.dataset import Dataset
from marginalia.data.sources import load_dataset
from marginalia.point_images import images_of, source_of, trained_on
from marginalia.record.description import Description
from marginalia.record.snapshot import Run, SplitName
from marginalia.record.store import usual_split
from marginalia.record.thumbnails import read_thumbnails
from marginalia.viz.display import Display, angles, compare, loss_curve, space
from marginalia.viz.movie import LAYOUTS, movie_bytes, png_bytes
from marginalia.viz.page.assemble import page_bytes
from marginalia.viz.page.page_run import PageRun, page_run, pictures_of
from marginalia.viz.page.selection import Images
from marginalia.viz.projection import in_view, projected
from marginalia.viz.style import Style
from marginalia.viz.timing import Timing

__all__ = ["Display", "angles", "compare", "deck", "frame", "gif", "loss_curve", "page", "png", "space"]
KINDS = (".gif", ".webp", ".apng", ".mp4")


def frame(
    run: Run, number: int = -1, split: SplitName = "test", style: Style | None = None, layout: str = "square",
    **look: Any,
) -> np.ndarray:  # fmt: skip
    """The picture of one snapshot, the last one unless said otherwise, uint8 (height, width, 3).

    layout: "square", "slide", "plain", or "angles", see `viz.angle_plane`. look: settings of `Style`, such as
    theme="dark". Raises InputError if the run cannot be drawn.
    """
    return sheet_of(run, split, style, layout, look).image(range(len(run.snapshots))[number])


def png(run: Run, number: int = -1, split: SplitName = "test", style: Style | None = None, **options: Any) -> bytes:
    """`frame` as a PNG."""
    return png_bytes(frame(run, number, split, style, **options))


def gif(
    run: Run, path: str | Path, split: SplitName = "test", style: Style | None = None, timing: Timing | None = None,
    layout: str = "square", **look: Any,
) -> Path:  # fmt: skip
    """The run as a moving picture, a frame a snapshot; the suffix says which: .gif, .webp, .apng or .mp4.

    layout, look: see `frame`. Raises InputError if the run cannot be drawn or the suffix is another, OSError if `path`
    cannot be written.
    """
    path = Path(path)
    if path.suffix not in KINDS:
        raise InputError(f"{path} must end with {', '.join(KINDS)}")
    content = movie_bytes(sheet_of(run, split, style, layout, look), timing or Timing(), path.suffix[1:])
    return written(path, content)


def sheet_of(run: Run, split: SplitName, style: Style | None, layout: str, look: dict[str, Any]) -> Any:
    if layout not in LAYOUTS:
        raise InputError(f"layout must be one of {', '.join(LAYOUTS)}, not {layout!r}")
    return LAYOUTS[layout](run, split, styled(style, look))


def styled(style: Style | None, look: dict[str, Any]) -> Style:
    """The style, or one with these settings. Raises InputError for a setting that there is not."""
    try:
        return style or Style(**look)
    except TypeError as error:
        raise InputError(f"{error}; the settings are {', '.join(Style.__dataclass_fields__)}") from None


def deck(runs: Sequence[Run], path: str | Path, style: Style | None = None, **look: Any) -> Path:
    """A PowerPoint file: a slide for each run, and two or more side by side.

    Raises InputError if the path does not end with .pptx or a run cannot be drawn.
    """
    from marginalia.viz.compare import FEWEST, MOST, Compare
    from marginalia.viz.deck import deck_bytes

    path = Path(path)
    if path.suffix != ".pptx":
        raise InputError(f"{path} must end with .pptx")
    style = styled(style, look)
    comparisons = [Compare(runs, usual_split(runs[0]), style)] if FEWEST <= len(runs) <= MOST else []
    return written(path, deck_bytes(runs, comparisons, {}, {}, style, Timing()))


def page(
    run: Run, description: Description, path: str | Path, data_dir: Path, style: Style | None = None, **look: Any
) -> Path:
    """One HTML file to explore a run, with the images of its points if they are known.

    More than two dimensions are projected as pictures project them. data_dir: where torchvision's data sets lie.
    Raises InputError if the run cannot be drawn or its images not be had.
    """
    return written(Path(path), html_bytes(run, description, data_dir, None, styled(style, look)))


def html_bytes(run: Run, description: Description, data_dir: Path, folder: Path | None, style: Style) -> bytes:
    """The page; folder: that of the run, where a Recorder leaves its thumbnails."""
    shown, images = page_part(run, description, data_dir, folder, style)
    return page_bytes([shown], [images], style)


def page_part(
    run: Run, description: Description, data_dir: Path, folder: Path | None, style: Style,
    loaded: dict[tuple[str, int], Dataset] | None = None,
) -> tuple[PageRun, Images]:  # fmt: skip
    """A run as a page shows it, and the images of its points, blank where there are none.

    loaded: data sets that were loaded before, by their source.
    """
    if description.source:
        if run.dimension != 2:
            raise InputError(f"{run.name} has three dimensions; a page shows runs of --visual_dimension 2")
        source, datasets = source_of(description), {} if loaded is None else loaded
        if source not in datasets:
            datasets[source] = load_dataset(source[0], data_dir, source[1])
        return page_run(run), images_of(run, description, trained_on(datasets[source], run, description))
    split = usual_split(run)
    view = in_view(run, split, style.projection, style.classes)
    shown = page_run(view if view.dimension == 2 else projected(run, split, style.projection, style.classes))
    all_labels, labels = (each.snapshots[0].points(split).labels for each in (run, view))
    pictures = read_thumbnails(folder, run) if folder is not None and np.array_equal(labels, all_labels) else {}
    return shown, pictures_of(shown, pictures)


def written(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)
    return path
