"""The page of one or several runs: which images of a data set their points are, and the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from marginalia.cli.exports import Order, run_folder, runs_in, runs_there, snapshot_span
from marginalia.config.config_file import ConfigFile
from marginalia.config.places import data_path
from marginalia.config.run_config import ALL
from marginalia.core.errors import InputError
from marginalia.core.files import write_whole
from marginalia.data.dataset import Dataset
from marginalia.data.sources import load_dataset
from marginalia.record.snapshot import SPLITS, Run
from marginalia.record.store import read_description, read_run
from marginalia.viz.compare import MOST
from marginalia.viz.page.assemble import page_bytes
from marginalia.viz.page.choice import Images
from marginalia.viz.style import Style

NAME = "index.html"


def export_page(lossnames: Sequence[str], config: ConfigFile, path: Path, order: Order) -> str:
    """The page of these runs between the epochs asked for, at `path`; what was written and left out, in words.

    Of all runs, those that are not finished or not flat are left out.
    """
    if path.suffix != ".html":
        raise InputError(f"--page {path} must end with .html")
    everything = ALL in lossnames
    names = runs_in(order.outputs) if everything else list(dict.fromkeys(lossnames))
    if not names:
        raise InputError(f"--lossname is missing; {runs_there(order.outputs)}")
    contents = {name: read_description(run_folder(order.outputs, name)) for name in names}
    runs = {name: read_run(order.outputs / name) for name in names if contents[name]["finished"] or not everything}
    runs = {name: run for name, run in runs.items() if is_flat(run) or not everything}
    if not 0 < len(runs) <= MOST:
        raise InputError(f"{len(runs)} runs for one page; 1 to {MOST} have room")
    images, data = [], {}
    for name, run in runs.items():
        source = contents[name]["config"]["data"]["dataset"]
        if source not in data:
            data[source] = load_dataset(source, data_path(config.data.data_dir))
        images.append(images_of(run, contents[name], data[source].without(run.unseen_names)))
    spans = [snapshot_span(run, order.epochs) for run in runs.values()]
    cut = [replace(run, snapshots=run.snapshots[s.start : s.stop]) for run, s in zip(runs.values(), spans, strict=True)]
    write_page(path, cut, images, order.style)
    missing = [name for name in names if name not in runs]
    return f"{path}" + (f" (not finished or not flat, left out: {', '.join(missing)})" if missing else "")


def write_page(path: Path, runs: Sequence[Run], images: Sequence[Images], style: Style) -> None:
    """The page of these runs at `path`. Raises InputError for a run in three dimensions."""
    for run in runs:
        if not is_flat(run):
            raise InputError(f"{run.name} has three dimensions; a page shows runs of --visual_dimension 2")
    content = page_bytes(runs, images, style)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)


def is_flat(run: Run) -> bool:
    return run.snapshots[0].class_weights.shape[1] == 2


def images_of(run: Run, description: dict[str, Any], dataset: Dataset) -> Images:
    """The images that the run's points are. description: of its run.json.

    Raises InputError if the data set is not the one that the run was trained on.
    """
    config, digest = description["config"], description["images"]
    if dataset.digest != digest:
        raise InputError(f"data set {dataset.name} is not what {run.name} was trained on; its images changed since")
    numbers, pixels, counts = {}, {}, []
    for name in SPLITS:
        split = dataset.train if name == "train" else dataset.test
        count = config["data"][f"{name}_points"]
        numbers[name] = split.sampled(None if count == ALL else count, config["training"]["seed"])
        pixels[name] = split.images[numbers[name]]
        counts.append(count)
        if not np.array_equal(split.labels[numbers[name]], run.snapshots[0].points(name).labels):
            raise InputError(f"{run.name} shows other {name} images than its settings choose from {dataset.name}")
    return Images(digest, f"{digest} {counts} {config['training']['seed']}", numbers, pixels)
