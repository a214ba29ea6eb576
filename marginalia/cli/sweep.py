"""Trains every combination of a small file, on the cores of this machine or on a Ray cluster.

python -m marginalia sweep sweeps/scale-or-margin.json
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from marginalia.cli.options import config_option, outputs_option
from marginalia.cli.sweep_progress import Progress
from marginalia.cli.train import run_config
from marginalia.config.config_file import ConfigFile, read_config, setting_names
from marginalia.config.naming import folder_name
from marginalia.config.run_config import RunConfig
from marginalia.core.errors import InputError, RunsFailedError, StoppedError
from marginalia.core.margin import margin_too_large
from marginalia.core.run_log import command_to_go_on
from marginalia.sweeps.sweep_file import Sweep, read_sweep

if TYPE_CHECKING:
    from marginalia.sweeps.worker import Outcome

TIMES = "times.csv"


@dataclass(frozen=True)
class SweepOptions:
    """workers: runs at a time on this machine. address: of a Ray cluster to train on instead.

    cpus, gpus: what a run needs there. pages: whether each run gets a page of its own.
    """

    workers: int
    address: str | None = None
    cpus: float = 1
    gpus: float = 0
    pages: bool = False


@click.command()
@click.argument("file", type=Path)
@config_option
@outputs_option
@click.option("--workers", type=click.IntRange(1), default=os.cpu_count, show_default="cores", help="Runs at a time.")
@click.option("--ray", "address", metavar="ADDRESS", help="Train on this Ray cluster; auto: on the one running here.")
@click.option("--run-cpus", "cpus", type=float, default=1, show_default=True, help="Cores of a run on a cluster.")
@click.option("--run-gpus", "gpus", type=float, default=0, show_default=True, help="GPUs of a run on a cluster.")
@click.option("--pages", is_flag=True, help="Give each run a page of its own, which the sweep's page opens.")
def sweep(file: Path, config: Path, outputs: Path, **options: Any) -> None:
    """Train every combination of FILE into OUTPUTS/<name of FILE>; after a stop, the same command goes on."""
    from marginalia.sweeps.results import parquet_modules

    parquet_modules()  # before the trainings and not after them
    plan, table = read_sweep(file), read_config(config)
    folder = outputs / folder_name(plan.name)
    chosen = SweepOptions(**options)
    runs = planned(plan, table, folder, chosen.gpus if chosen.address else None)
    failed = trained(runs, folder, chosen)
    done = {place: settings for place, (_, settings) in runs.items() if place.name not in failed}
    if done:
        publish(plan, done, folder)
    if failed:
        raise RunsFailedError(f"{len(failed)} of {len(runs)} runs failed: {', '.join(failed)}; see above")


def planned(
    plan: Sweep, table: ConfigFile, folder: Path, gpus: float | None = None
) -> dict[Path, tuple[RunConfig, dict[str, Any]]]:
    """Each run by its folder, with the settings that the sweep gives it. gpus: of a run on a cluster; None for here.

    Raises InputError if a setting is wrong, images cannot be read, or two runs have one name.
    """
    from marginalia.losses.registry import require_available
    from marginalia.sweeps.worker import loaded
    from marginalia.training.device import resolve_device, resolved, resolved_for_cluster

    runs: dict[Path, tuple[RunConfig, dict[str, Any]]] = {}
    known = setting_names()
    shared = {key: value for key, value in plan.base.items() if key in known}
    for settings in plan.runs:
        asked = {key: value for key, value in plan.base.items() if key not in known} | settings
        lossname = asked.pop("lossname")
        config = run_config(table, lossname, asked, quick=False, shared=shared)
        if gpus is None:
            config = resolved(config, resolve_device(config.training.device))
        else:
            config = resolved_for_cluster(config, gpus)
        require_available(config.loss, config.model.visual_dimension)
        place = folder / config.name
        if place in runs:
            raise InputError(f"{plan.name}: {settings} and {runs[place][1]} are one run, {config.name}")
        runs[place] = config, settings
    for data in {config.data for config, _ in runs.values()}:
        loaded(data)
    return runs


def trained(runs: Mapping[Path, tuple[RunConfig, dict[str, Any]]], folder: Path, options: SweepOptions) -> list[str]:
    """Trains what is not finished and tells how far it is; the names of the runs that failed."""
    from marginalia.training.lock import locked

    with locked(folder, "other --outputs"):
        progress = Progress(len(runs), None if options.address else options.workers)
        left = dict(unfinished(runs, progress, options.pages))
        finished = len(runs) - len(left) - len(progress.failed)
        click.echo(f"{len(runs)} runs, {finished} of them finished already -> {folder}")
        if not left:
            return progress.failed
        for line in infeasible(left.values()):
            click.echo(f"  {line}")
        try:
            progress.begin()
            for outcome in outcomes(left, options):
                note(folder / TIMES, outcome)
                progress.add(outcome, folder)
        except KeyboardInterrupt:
            kept = "finished runs are" if options.address else "what was computed is"
            raise StoppedError(f"stopped; {kept} kept; go on with: {command_to_go_on()}") from None
    return progress.failed


def unfinished(
    runs: Mapping[Path, tuple[RunConfig, dict[str, Any]]], progress: Progress, pages: bool
) -> Iterator[tuple[Path, RunConfig]]:
    """The runs that are left, or have no page where pages are wanted; one whose folder holds another run has failed."""
    from marginalia.sweeps.worker import PAGE, Outcome, loaded
    from marginalia.training.describe import describe
    from marginalia.training.resume import is_finished

    for place, (config, _) in runs.items():
        try:
            finished = is_finished(place, describe(config, loaded(config.data)))
        except InputError as error:  # noqa: PERF203  (each run is judged alone)
            progress.add(Outcome(config.name, 0.0, str(error)), place.parent)
        else:
            has_page = config.model.visual_dimension != 2 or (place / PAGE).exists()
            if finished and (has_page or not pages):
                progress.left -= 1
            else:
                yield place, config


def infeasible(configs: Iterable[RunConfig]) -> list[str]:
    """What there is to say of margins that the classes cannot satisfy, each once."""
    from marginalia.sweeps.worker import loaded

    found = (
        margin_too_large(config.loss, len(loaded(config.data).class_names), config.model.visual_dimension)
        for config in configs
    )
    return list(dict.fromkeys(line for line in found if line is not None))


def outcomes(left: Mapping[Path, RunConfig], options: SweepOptions) -> Iterator[Outcome]:
    if options.address is not None:
        from marginalia.sweeps.on_ray import outcomes_on_ray

        return outcomes_on_ray(left, options.address, options.cpus, options.gpus, options.pages)
    from marginalia.sweeps.pool import outcomes_here

    return outcomes_here(left, min(options.workers, len(left)), options.pages)


def note(path: Path, outcome: Outcome) -> None:
    """A line in times.csv, which a later command goes on writing."""
    with path.open("a", newline="") as table:
        csv.writer(table).writerow((outcome.name, f"{outcome.seconds:.1f}", outcome.reason))


def publish(plan: Sweep, folders: Mapping[Path, dict[str, Any]], folder: Path) -> None:
    """results.parquet of the runs that are finished, and its page and sheets."""
    from marginalia.sweeps.pictures import draw_sweep
    from marginalia.sweeps.results import NAME, collected, write_results
    from marginalia.viz.style import Style

    results = collected(plan, folders, seconds_of({place.name for place in folders}, folder / TIMES))
    write_results(folder / NAME, results)
    for path in (folder / NAME, *draw_sweep(results, plan.name, folder, Style())):
        click.echo(str(path))


def seconds_of(names: set[str], times: Path) -> float:
    """How long the runs of these names took that did not fail, all together."""
    if not times.exists():
        return 0.0
    with times.open(newline="") as table:
        rows = [row for row in csv.reader(table) if len(row) == 3]  # a stop may have cut the last one
    return sum(float(seconds) for name, seconds, reason in rows if name in names and not reason)
