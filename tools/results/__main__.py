"""make results: trains what is missing of the plan, then writes docs/results.md, .json, .png and the README's table."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from marginalia.cli.command_line import run_command
from marginalia.config.config_file import read_config
from marginalia.core.files import write_whole
from tools.results.collect import Result, collect, without_result
from tools.results.plan import plan
from tools.results.plot import accuracy_plot
from tools.results.report import page, with_table
from tools.results.run import ROOT, train_all

PARTS = list(dict.fromkeys(trial.part for trial in plan()))
JSON = ROOT / "docs" / "results.json"


@click.command()
@click.option("--part", "parts", multiple=True, type=click.Choice(PARTS), help="Train only these.")
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="Trainings side by side.")
@click.option("--outputs", type=Path, default=ROOT / "outputs" / "results", show_default=True)
@click.option("--report-only", is_flag=True, help="Train nothing; write what is there.")
def main(parts: tuple[str, ...], jobs: int, outputs: Path, report_only: bool) -> None:
    """Train what is missing and write the results; stop it whenever you like, the same command goes on."""
    file = read_config(ROOT / "config.json")
    try:
        if not report_only:
            missing = without_result(plan(), collect(plan(), file, outputs))
            train_all([trial for trial in missing if not parts or trial.part in parts], file, outputs, jobs)
    finally:
        publish(collect(plan(), file, outputs))


def publish(results: list[Result]) -> None:
    """Writes the tables and the plot of what there is."""
    write_whole(JSON, (json.dumps([asdict(result) for result in results], indent=1) + "\n").encode())
    write_whole(ROOT / "docs" / "results.md", page(results, plan()).encode())
    write_whole(ROOT / "docs" / "results.png", accuracy_plot(results))
    readme = ROOT / "README.md"
    write_whole(readme, with_table(readme.read_text(), results).encode())
    click.echo(f"{len(without_result(plan(), results))} trainings are missing: {ROOT / 'docs' / 'results.md'}")


if __name__ == "__main__":
    run_command(main)
