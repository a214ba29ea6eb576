"""Redraws a run that was trained before, in seconds and without torch.

python create_gif.py --lossname CosFace_v1 --theme dark
"""

from __future__ import annotations

import math
from pathlib import Path

import click

from command_line import run_command
from errors import InputError
from training.snapshot import SPLITS, Run

BOTH = "both"


@click.command()
@click.option("--lossname", required=True, help="The run: a folder in OUTPUTS.")
@click.option("--split", type=click.Choice([*SPLITS, BOTH]), default=BOTH, show_default=True)
@click.option("--start-epoch", type=float, default=0, help="First epoch in the GIF.")
@click.option("--end-epoch", type=float, help="Last epoch in the GIF.")
@click.option("--duration", type=click.FloatRange(0.02, 60), default=0.4, show_default=True, help="Seconds a frame.")
@click.option(
    "--hold", type=click.FloatRange(0, 600), default=2.0, show_default=True, help="Seconds of the last frame."
)
@click.option("--size", type=click.IntRange(200, 4000), default=720, show_default=True, help="Pixels a side.")
@click.option("--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True)
@click.option("--outputs", type=Path, default="outputs", show_default=True, help="Folder of all runs.")
def main(
    lossname: str, split: str, start_epoch: float, end_epoch: float | None,
    duration: float, hold: float, size: int, theme: str, outputs: Path,
) -> None:  # fmt: skip
    """Draw frames, train.gif and test.gif of a finished run anew."""
    from training.store import read_run
    from viz.movie import Timing, draw_run
    from viz.style import Style

    if not math.isfinite(duration + hold):
        raise InputError("--duration and --hold must be finite numbers of seconds")
    folder = run_folder(outputs, lossname)
    run = read_run(folder)
    span = snapshot_span(run, start_epoch, end_epoch)
    for chosen in SPLITS:
        if split in (chosen, BOTH):
            click.echo(draw_run(run, folder, chosen, Style(size, theme), Timing(duration, hold), span))


def run_folder(outputs: Path, lossname: str) -> Path:
    """The run's folder inside `outputs`; InputError naming the runs there are if it is not one of them."""
    folder = outputs / lossname
    runs = sorted(path.parent.name for path in outputs.glob("*/run.json"))
    if lossname not in runs:
        there = f"there are: {', '.join(runs)}" if runs else "train one with: python main.py --lossname …"
        raise InputError(f"no run {lossname!r} in {outputs}; {there}")
    return folder


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
