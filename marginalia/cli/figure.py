"""Draws a figure of a paper on classes of one's own, after training what it needs.

python -m marginalia figure cosface-m --dataset mnist
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from marginalia.cli.options import config_option, outputs_option
from marginalia.cli.sweep import SweepOptions, planned, trained
from marginalia.config.config_file import ConfigFile, read_config
from marginalia.config.places import data_path
from marginalia.config.run_config import BASEMODELS
from marginalia.core.errors import InputError, RunsFailedError
from marginalia.core.files import write_whole
from marginalia.papers import NAMES
from marginalia.papers import figure as figure_module
from marginalia.sweeps.sweep_file import sweep_of
from marginalia.viz.style import THEMES, Style

KINDS = ("png", "svg", "pdf")
TINY: dict[str, Any] = {"batch_size": 128, "lr": 0.006, "precision": "fp32"}


@click.command()
@click.argument("name", type=click.Choice(NAMES))
@click.option("--dataset", help="As for training: mnist, cifar-10, …, folder:PATH or FILE.npz; mnist by default.")
@click.option("--basemodel", default="tiny", show_default=True, help=f"The encoder: {', '.join(BASEMODELS)}.")
@click.option("--epochs", type=float, help="Passes over the training images; each figure has a number of its own.")
@click.option("--seeds", type=click.IntRange(1), default=3, show_default=True, help="Trainings of each kind.")
@click.option("--theme", type=click.Choice(list(THEMES)), default="light", show_default=True)
@config_option
@outputs_option
@click.option("--workers", type=click.IntRange(1), default=os.cpu_count, show_default="cores", help="Runs at a time.")
def figure(
    name: str, dataset: str | None, basemodel: str, epochs: float | None, seeds: int, theme: str, config: Path,
    outputs: Path, workers: int,
) -> None:  # fmt: skip
    """Draw the figure NAME of a paper into OUTPUTS/figures; runs that are there already are used again."""
    from marginalia.papers.paper_sheet import PaperSheet
    from marginalia.papers.trained import Trained, with_trained_classes_alone
    from marginalia.record.store import read_run

    module, table = figure_module(name), read_config(config)
    base = {"snapshots": 1, "train_points": 5000} | module.BASE | (TINY if basemodel == "tiny" else {})
    data = dataset or table.data.dataset
    base |= {"holdout": held_out(table, data, module.CLASSES)}
    named = {"basemodel": [basemodel], "dataset": [data], "epochs": [module.EPOCHS if epochs is None else epochs]}
    grids = [grid | named | {"seed": list(range(seeds))} for grid in module.GRIDS]
    plan = sweep_of({"question": module.TITLE, "base": base, "grids": grids}, name, name)
    folder = outputs / "figures" / name
    runs = planned(plan, table, folder)
    failed = trained(runs, folder, SweepOptions(workers))
    if failed:
        raise RunsFailedError(f"{len(failed)} of {len(runs)} runs failed: {', '.join(failed)}; see above")
    found = Trained([(settings, with_trained_classes_alone(read_run(place))) for place, (_, settings) in runs.items()])
    sheet = PaperSheet(module, found, Style(theme=theme))
    for kind in KINDS:
        path = folder.with_suffix(f".{kind}")
        write_whole(path, sheet.file(0, kind))
        click.echo(str(path))
    click.echo(module.verdict(found))


def held_out(table: ConfigFile, dataset: str, classes: int) -> list[str]:
    """All classes but the first so many; none for 0. Raises InputError if there are fewer."""
    from marginalia.data.sources import load_dataset

    if not classes:
        return []
    names = load_dataset(dataset, data_path(table.data.data_dir)).class_names
    if len(names) < classes:
        raise InputError(f"this figure shows {classes} classes, and {dataset} has {len(names)}")
    return list(names[classes:])
