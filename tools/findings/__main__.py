"""make findings: writes docs/findings.md and its pictures from the results of the sweeps, sweeps/results/*.parquet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import click

from marginalia.cli.command_line import run_command
from marginalia.core.files import write_whole
from marginalia.sweeps.groups import JUDGING, groups_of
from marginalia.sweeps.pictures import summary
from marginalia.sweeps.results import HOURS, Results, read_results
from marginalia.viz.page.assemble import with_places
from marginalia.viz.style import Style
from marginalia.viz.sweeps.sheet import sweep_figure
from tools.findings import floor, norm_and_classes, presets, scale_and_margin
from tools.findings.words import table

ROOT = Path(__file__).parents[2]
RESULTS, PAGE, PICTURES = ROOT / "sweeps" / "results", ROOT / "docs" / "findings.md", ROOT / "docs" / "findings"
METRICS = {"open-set": "held_out_auc", "norm": "norm_mean"}
ANSWERS: dict[Callable[[Mapping[str, Results]], dict[str, str]], tuple[str, ...]] = {
    scale_and_margin.equal_scale: ("scale-or-margin",),
    scale_and_margin.scale: ("scale-or-margin",),
    floor.floors: ("scale-or-margin",),
    floor.at_the_floor: ("floor",),
    scale_and_margin.arcface_fails: ("scale-or-margin", "arcface-limit"),
    scale_and_margin.why: ("scale-or-margin",),
    norm_and_classes.normalising: ("scale-or-margin",),
    norm_and_classes.norm: ("norm",),
    norm_and_classes.never_seen: ("open-set",),
    presets.presets: ("presets",),
    presets.after_twenty_epochs: (presets.FURTHER,),
}


class Places(dict[str, str]):
    """What stands in the places of the page; where a sweep was not run, it says so."""

    def __missing__(self, name: str) -> str:
        return "(not measured yet)"


@click.command()
def main() -> None:
    """Write docs/findings.md: the words of tools/findings/findings.md with the numbers of the sweeps."""
    results = {path.stem: read_results(path) for path in sorted(RESULTS.glob("*.parquet"))}
    text = page(results)
    PICTURES.mkdir(exist_ok=True)
    for name, found in results.items():
        if f"({PICTURES.name}/{name}.png)" in text:
            figure = sweep_figure(summary(found, name, RESULTS), METRICS.get(name, JUDGING), Style(), "png")
            write_whole(PICTURES / f"{name}.png", figure)
    write_whole(PAGE, text.encode())
    click.echo(str(PAGE))


def page(results: Mapping[str, Results]) -> str:
    """results: of each sweep, by its name."""
    places = Places({f"from_{name.replace('-', '_')}": source(name, found) for name, found in results.items()})
    places["sweeps"] = sweeps(results)
    for answer, needed in ANSWERS.items():
        if all(name in results for name in needed):
            places |= answer(results)
    return with_places(Path(__file__).with_name("findings.md").read_text(encoding="utf-8"), places)


def source(name: str, found: Results) -> str:
    """Which sweep answers, from how many runs and seeds."""
    seeds = min(len(group.runs) for group in groups_of(found))
    return f"*Sweep: `sweeps/{name}.json`, {len(found.last)} runs, n = {seeds} seeds.*"


def sweeps(results: Mapping[str, Results]) -> str:
    """The machine and the time of each sweep."""
    rows = []
    for name, found in results.items():
        told = [found.made_with.get(key, "-") for key in (HOURS, "machine", "torch")]
        rows.append((f"`sweeps/{name}.json`", str(len(found.last)), *told))
    return table(("sweep", "runs", "hours of training", "machine", "torch"), rows)


if __name__ == "__main__":
    run_command(main)
