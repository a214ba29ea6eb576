"""What the finished runs of the plan say: a result a loss and part, over all its seeds."""

from __future__ import annotations

import csv
import json
import math
import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from marginalia.cli.train import run_config
from marginalia.config.config_file import ConfigFile
from marginalia.core.errors import InputError
from marginalia.record.description import Description
from marginalia.record.store import read_description
from marginalia.training.describe import settings
from marginalia.training.resume import differences
from tools.results.plan import Trial
from tools.results.run import folder_of

SOLVED = 0.98
PER_CLASS = ("norm_mean_", "norm_spread_")
RESOLVED = ("device", "precision")


@dataclass(frozen=True)
class Result:
    """One loss in one part of the plan.

    metrics: of the last epoch, a value a seed. curve: (epoch, test accuracy), mean over the seeds.
    margin: whether training ever asked for more than the right answer.
    made_with: versions, machine, device and precision, a seed each.
    epochs_to_98: epochs until the first snapshot with 98 % of the test images right, a value a seed; None for never.
    """

    part: str
    lossname: str
    settings: dict[str, Any]
    seeds: list[int]
    metrics: dict[str, list[float | None]]
    curve: list[tuple[float, float]]
    epochs_to_98: list[float | None]
    margin: bool
    made_with: list[dict[str, str]]

    def mean(self, name: str) -> float:
        """Mean over the seeds; NaN where the number does not exist."""
        values = self.metrics.get(name, [])
        known = [value for value in values if value is not None]
        return statistics.fmean(known) if known else math.nan

    def deviation(self, name: str) -> float:
        """Standard deviation over the seeds, of a sample; NaN for a single one."""
        known = [value for value in self.metrics.get(name, []) if value is not None]
        return statistics.stdev(known) if len(known) > 1 else math.nan


def collect(trials: Iterable[Trial], file: ConfigFile, outputs: Path) -> list[Result]:
    """The results of the trials that are finished, in the order of the plan.

    InputError if a folder holds a run with other settings than the plan has, so that none is published as another.
    """
    groups: dict[str, list[Trial]] = {}
    for trial in trials:
        if finished(folder_of(trial, file, outputs)):
            require_as_planned(trial, file, outputs)
            groups.setdefault(key(trial), []).append(trial)
    return [summary(group, file, outputs) for group in groups.values()]


def without_result(trials: Iterable[Trial], results: Iterable[Result]) -> list[Trial]:
    """Those of the trials that no result covers."""
    seeds = {key(result): result.seeds for result in results}
    return [trial for trial in trials if trial.seed not in seeds.get(key(trial), [])]


def key(run: Trial | Result) -> str:
    """What trials that differ in their seed alone have in common."""
    return json.dumps((run.part, run.lossname, run.settings), sort_keys=True)


def finished(folder: Path) -> bool:
    return (folder / "run.json").is_file() and read_description(folder).finished > 0


def require_as_planned(trial: Trial, file: ConfigFile, outputs: Path) -> None:
    """InputError unless the run is the one that the plan and config.json ask for now, wherever it was trained."""
    folder = folder_of(trial, file, outputs)
    found = read_description(folder)
    saved = {"margin": asdict(found.head.spec) if found.head else None, "settings": found.settings}
    asked = run_config(file, trial.lossname, trial.given, quick=False)
    planned = {"margin": asdict(asked.loss.inference_spec), "settings": settings(asked)}
    lines = [
        f"{name} was {before!r}, the plan has {now!r}"
        for name, before, now in differences(saved, planned)
        if name.rpartition(".")[2] not in RESOLVED
    ]
    if lines:
        raise InputError(f"{folder} holds another run ({'; '.join(lines)}); remove it or train it again")


def summary(trials: list[Trial], file: ConfigFile, outputs: Path) -> Result:
    """The trials of one loss that differ in their seed alone."""
    folders = [folder_of(trial, file, outputs) for trial in trials]
    described = [read_description(folder) for folder in folders]
    tables = [metrics_table(folder) for folder in folders]
    curves = [[(float(row["epoch"]), float(row["test_accuracy"])) for row in table] for table in tables]
    names = [name for name in described[0].metrics if not name.startswith(PER_CLASS)]
    return Result(
        part=trials[0].part,
        lossname=trials[0].lossname,
        settings=trials[0].settings,
        seeds=[trial.seed for trial in trials],
        metrics={name: [content.metrics[name] for content in described] for name in names},
        curve=[(at[0][0], statistics.fmean(share for _, share in at)) for at in zip(*curves, strict=True)],
        epochs_to_98=[next((epoch for epoch, share in curve if share >= SOLVED), None) for curve in curves],
        margin=any(row["train_accuracy"] != row["train_margin_accuracy"] for table in tables for row in table),
        made_with=[made_with(content) for content in described],
    )


def made_with(description: Description) -> dict[str, str]:
    """Versions and machine of a run, and the device and precision that it resolved to."""
    training = description.settings["training"]
    return dict(description.made_with) | {name: training[name] for name in RESOLVED}


def metrics_table(folder: Path) -> list[dict[str, str]]:
    with (folder / "metrics.csv").open(newline="") as table:
        return list(csv.DictReader(table))
