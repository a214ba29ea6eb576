"""make records: trains the presets where they are not trained yet, and packs them into marginalia/records/."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import click

from marginalia.cli.command_line import run_command
from marginalia.config.config_file import read_config
from marginalia.core.errors import StoppedError
from marginalia.core.files import write_whole
from marginalia.record.archive import SUFFIX, pack
from marginalia.record.included import RECORDS, unpacked
from marginalia.record.store import read_description, read_run
from tools.records.plan import plan
from tools.records.sheet import frame_sheet
from tools.results.collect import finished, require_as_planned
from tools.results.run import ROOT, folder_of, train_all

SHEET = ROOT / "docs" / "frames.png"


@click.command()
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="Trainings side by side.")
@click.option("--outputs", type=Path, default=ROOT / "outputs", show_default=True)
@click.option("--pack-only", is_flag=True, help="Train nothing; pack what is there.")
def main(jobs: int, outputs: Path, pack_only: bool) -> None:
    """Train what is missing and pack it; stop it whenever you like, the same command goes on."""
    file = read_config(ROOT / "config.json")
    trials = plan()
    try:
        if not pack_only:
            train_all(trials, file, outputs, jobs)
    except StoppedError as error:
        click.echo(error)
    RECORDS.mkdir(exist_ok=True)
    for trial in trials:
        folder = folder_of(trial, file, outputs)
        if not finished(folder):
            click.echo(f"not trained yet, left out: {trial.lossname}")
            continue
        require_as_planned(trial, file, outputs)
        path = RECORDS / f"{trial.lossname}{SUFFIX}"
        pack(read_run(folder).snapshots, replace(read_description(folder), name=trial.lossname), path)
        click.echo(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")
    with tempfile.TemporaryDirectory() as place:
        packed = unpacked(Path(place))
        runs = [read_run(packed / trial.lossname) for trial in trials if (packed / trial.lossname).exists()]
        write_whole(SHEET, frame_sheet(runs))


if __name__ == "__main__":
    run_command(main)
