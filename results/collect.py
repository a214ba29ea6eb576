"""What the finished runs of the plan say: a result a loss and part, over all its seeds."""

from __future__ import annotations

import csv
import json
import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from results.plan import Trial
from results.run import folder_of
from training.config_file import ConfigFile

SOLVED = 0.98
PER_CLASS = ("norm_mean_", "norm_spread_")


@dataclass(frozen=True)
class Result:
    """One loss in one part of the plan.

    metrics: of the last epoch, a value a seed. curve: (epoch, test accuracy), mean over the seeds.
    epochs_to_98: epochs until the first snapshot with 98 % of the test images right, a value a seed; None for never.
    """

    part: str
    lossname: str
    settings: dict[str, Any]
    seeds: list[int]
    metrics: dict[str, list[float | None]]
    curve: list[tuple[float, float]]
    epochs_to_98: list[float | None]
    made_with: dict[str, str]

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
    """The results of the trials that are finished, in the order of the plan."""
    groups: dict[str, list[Trial]] = {}
    for trial in trials:
        if finished(folder_of(trial, file, outputs)):
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
    description = folder / "run.json"
    return description.is_file() and bool(json.loads(description.read_text()).get("finished"))


def summary(trials: list[Trial], file: ConfigFile, outputs: Path) -> Result:
    """The trials of one loss that differ in their seed alone."""
    folders = [folder_of(trial, file, outputs) for trial in trials]
    described = [json.loads((folder / "run.json").read_text()) for folder in folders]
    curves = [accuracy_curve(folder) for folder in folders]
    names = [name for name in described[0]["metrics"] if not name.startswith(PER_CLASS)]
    return Result(
        part=trials[0].part,
        lossname=trials[0].lossname,
        settings=trials[0].settings,
        seeds=[trial.seed for trial in trials],
        metrics={name: [content["metrics"][name] for content in described] for name in names},
        curve=[(at[0][0], statistics.fmean(share for _, share in at)) for at in zip(*curves, strict=True)],
        epochs_to_98=[next((epoch for epoch, share in curve if share >= SOLVED), None) for curve in curves],
        made_with=described[0]["made_with"],
    )


def accuracy_curve(folder: Path) -> list[tuple[float, float]]:
    with (folder / "metrics.csv").open(newline="") as table:
        return [(float(row["epoch"]), float(row["test_accuracy"])) for row in csv.DictReader(table)]
