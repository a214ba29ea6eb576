"""The page of one or several runs, as `create_gif.py --page` makes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from marginalia.cli.exports import RenderOptions, run_folder, runs_in, runs_there, snapshot_span
from marginalia.config.config_file import ConfigFile
from marginalia.config.places import data_path
from marginalia.config.run_config import ALL
from marginalia.core.errors import InputError
from marginalia.data.dataset import Dataset
from marginalia.draw import page_part, written
from marginalia.record.store import read_description, read_run
from marginalia.viz.alignment import aligned
from marginalia.viz.compare import MOST
from marginalia.viz.page.assemble import page_bytes

NAME = "index.html"


def export_page(lossnames: Sequence[str], config: ConfigFile, path: Path, options: RenderOptions) -> str:
    """The page of these runs between the epochs asked for, at `path`; what was written and left out, in words.

    Runs of the same classes are turned alike, see `alignment.aligned`. Of all runs, those that are not finished or not
    flat are left out.
    """
    if path.suffix != ".html":
        raise InputError(f"--page {path} must end with .html")
    everything = ALL in lossnames
    names = runs_in(options.outputs) if everything else list(dict.fromkeys(lossnames))
    if not names:
        raise InputError(f"--lossname is missing; {runs_there(options.outputs)}")
    contents = {name: read_description(run_folder(options.outputs, name)) for name in names}
    runs = {name: read_run(options.outputs / name) for name in names if contents[name].finished or not everything}
    runs = {name: run for name, run in runs.items() if run.dimension == 2 or not everything}
    if not 0 < len(runs) <= MOST:
        raise InputError(f"{len(runs)} runs for one page; 1 to {MOST} have room")
    data_dir = data_path(config.data.data_dir)
    parts = []
    loaded: dict[tuple[str, int], Dataset] = {}
    for name, run in runs.items():
        span = snapshot_span(run, options.epochs)
        cut = replace(run, snapshots=run.snapshots[span.start : span.stop])
        parts.append(page_part(cut, contents[name], data_dir, options.outputs / name, options.style, loaded))
    turned = aligned([page.run for page, _ in parts])
    pages = [replace(page, run=each.marked) for (page, _), each in zip(parts, turned, strict=True)]
    written(path, page_bytes(pages, [images for _, images in parts], options.style))
    missing = [name for name in names if name not in runs]
    return f"{path}" + (f" (not finished or not flat, left out: {', '.join(missing)})" if missing else "")
