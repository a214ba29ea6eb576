"""Redraws what was trained before, in seconds and without torch: movies, slides, comparisons.

python create_gif.py --lossname CosFace_v1 --layout slide --theme dark
python create_gif.py --compare softmax --compare CosFace_v1 --split test
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from command_line import run_command
from errors import InputError
from training.naming import folder_name
from training.snapshot import SPLITS, Run

if TYPE_CHECKING:
    from viz.movie import Timing
    from viz.style import Style

BOTH = "both"
LAYOUTS = ("square", "slide")
OVERLAYS = ("regions", "margin", "centres", "errors")
MOVIES, STILLS = ("gif", "webp", "apng", "mp4"), ("png", "svg", "pdf")


@click.command()
@click.option("--lossname", help="The run: a folder in OUTPUTS.")
@click.option("--compare", multiple=True, help="A run beside others; give it 2 to 12 times.")
@click.option("--split", type=click.Choice([*SPLITS, BOTH]), default=BOTH, show_default=True)
@click.option("--layout", type=click.Choice(LAYOUTS), default="square", show_default=True)
@click.option("--view", type=click.Choice(["auto", "features", "circle", "both"]), default="auto", show_default=True)
@click.option(
    "--overlay", "overlays", multiple=True, type=click.Choice([*OVERLAYS, "none"]),
    default=("regions", "margin", "errors"), show_default=True, help="May be repeated.",
)  # fmt: skip
@click.option("--start-epoch", type=float, default=0, help="First epoch drawn.")
@click.option("--end-epoch", type=float, help="Last epoch drawn.")
@click.option(
    "--duration", type=click.FloatRange(0.02, 60), default=0.4, show_default=True, help="Seconds from epoch to epoch."
)
@click.option(
    "--hold", type=click.FloatRange(0, 600), default=2.0, show_default=True, help="Seconds of the last frame."
)
@click.option("--tween", type=click.IntRange(0, 50), default=0, help="Interpolated frames between two epochs.")
@click.option("--format", "kind", type=click.Choice([*MOVIES, *STILLS]), default="gif", show_default=True)
@click.option("--size", type=click.IntRange(200, 4000), default=720, show_default=True, help="Height in pixels.")
@click.option("--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True)
@click.option("--palette", default="petroff10", show_default=True, help="A colour sequence of matplotlib.")
@click.option("--transparent", is_flag=True, help="No background; png, svg and pdf only.")
@click.option("--outputs", type=Path, default="outputs", show_default=True, help="Folder of all runs.")
def main(
    lossname: str | None, compare: tuple[str, ...], split: str, layout: str, view: str, overlays: tuple[str, ...],
    start_epoch: float, end_epoch: float | None, duration: float, hold: float, tween: int, kind: str,
    size: int, theme: str, palette: str, transparent: bool, outputs: Path,
) -> None:  # fmt: skip
    """Draw a trained run anew: frames, train.gif and test.gif, or whatever else is asked for."""
    from viz.movie import Timing, draw_run, draw_still
    from viz.style import Style, require_palette

    if not math.isfinite(duration + hold):
        raise InputError("--duration and --hold must be finite numbers of seconds")
    if transparent and kind not in STILLS:
        raise InputError(f"--transparent is for stills: add --format {', '.join(STILLS)}")
    require_palette(palette)
    style = Style(size, theme, palette, tuple(name for name in overlays if name != "none"), view, transparent)
    timing = Timing(duration, hold, tween)
    if compare:
        compare_runs(compare, outputs, split, style, timing, kind)
        return
    if lossname is None:
        raise InputError(f"--lossname is missing; {runs_there(outputs)}")
    folder = run_folder(outputs, lossname)
    run = read(folder)
    span = snapshot_span(run, start_epoch, end_epoch)
    for chosen in SPLITS:
        if split not in (chosen, BOTH):
            continue
        if kind in STILLS:
            click.echo(draw_still(run, folder, chosen, style, span[-1], layout, kind))
        else:
            click.echo(draw_run(run, folder, chosen, style, timing, span, kind == "gif", layout, kind))


def compare_runs(names: tuple[str, ...], outputs: Path, split: str, style: Style, timing: Timing, kind: str) -> None:
    """OUTPUTS/comparisons/A-vs-B_SPLIT.gif."""
    from viz.compare import FEWEST, MOST, Compare
    from viz.movie import draw_comparison

    if not FEWEST <= len(names) <= MOST:
        raise InputError(f"--compare is there {len(names)} times; {FEWEST} to {MOST} runs can stand side by side")
    if kind not in MOVIES:
        raise InputError(f"--compare makes movies: --format {', '.join(MOVIES)}")
    runs = [read(run_folder(outputs, name)) for name in names]
    for chosen in SPLITS:
        if split in (chosen, BOTH):
            name = folder_name("-vs-".join(names))
            path = outputs / "comparisons" / f"{name}_{chosen}.{kind}"
            click.echo(draw_comparison(Compare(runs, chosen, style), path, timing))


def read(folder: Path) -> Run:
    from training.store import read_run

    return read_run(folder)


def run_folder(outputs: Path, lossname: str) -> Path:
    """The run's folder inside `outputs`; InputError naming the runs there are if it is not one of them."""
    if lossname not in runs_in(outputs):
        raise InputError(f"no run {lossname!r} in {outputs}; {runs_there(outputs)}")
    return outputs / lossname


def runs_in(outputs: Path) -> list[str]:
    return sorted(path.parent.name for path in outputs.glob("*/run.json"))


def runs_there(outputs: Path) -> str:
    runs = runs_in(outputs)
    return f"there are: {', '.join(runs)}" if runs else "train one with: python main.py --lossname …"


def snapshot_span(run: Run, start_epoch: float, end_epoch: float | None) -> range:
    """Numbers of the snapshots between two epochs, both included."""
    epochs = [snapshot.epoch for snapshot in run.snapshots]
    end = epochs[-1] if end_epoch is None else end_epoch
    inside = [number for number, epoch in enumerate(epochs) if start_epoch <= epoch <= end]
    if not inside:
        raise InputError(
            f"no snapshot between epochs {start_epoch:g} and {end:g}; the run goes from {epochs[0]:g} to {epochs[-1]:g}"
        )
    return range(inside[0], inside[-1] + 1)


if __name__ == "__main__":
    run_command(main)
