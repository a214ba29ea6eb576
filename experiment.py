"""One run from the first step to the GIFs: what training yields is saved, shown and drawn."""

from __future__ import annotations

import platform
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import click
import numpy
import torch

from data.dataset import Dataset
from files import write_whole
from training.config import RunConfig
from training.loop import Progress, count_steps, train
from training.snapshot import SPLITS, Run, Snapshot
from training.store import write_metrics, write_run, write_snapshot
from viz.frames import Page
from viz.movie import Timing, draw_run, png_bytes
from viz.style import Style


def run_experiment(config: RunConfig, dataset: Dataset, folder: Path) -> None:
    """Trains one run into `folder`, with `latest.png` renewed on the way, and draws both GIFs."""
    started = time.perf_counter()
    click.echo(f"{config.name}: {len(dataset.train):,} training images, {config.training.epochs} epoch(s) -> {folder}")
    clear(folder)
    write_run(folder, config, dataset.class_names, made_with())
    snapshots: list[Snapshot] = []
    with progress_bar(count_steps(config, dataset)) as bar:
        for progress in train(config, dataset):
            if progress.snapshot is not None:
                snapshots.append(progress.snapshot)
                write_snapshot(folder, progress.snapshot)
                write_metrics(folder, snapshots)
                run = Run(config.name, config.lossname, config.margin, dataset.class_names, tuple(snapshots))
                draw_latest(run, folder)
            report(bar, progress, snapshots[-1])
    for split in SPLITS:
        click.echo(draw_run(run, folder, split, Style(), Timing(), range(len(snapshots))))
    minutes, seconds = divmod(round(time.perf_counter() - started), 60)
    click.echo(f"{config.name}: test accuracy {100 * snapshots[-1].test.accuracy:.2f} %, {minutes} min {seconds:02d} s")


def progress_bar(steps: int) -> Any:
    """Steps done, time left, and a line of numbers; silent where stderr is not a terminal."""
    hidden = not sys.stderr.isatty()
    return click.progressbar(
        length=steps, show_pos=True, item_show_func=lambda text: text, file=sys.stderr, hidden=hidden
    )


def report(bar: Any, progress: Progress, latest: Snapshot) -> None:
    numbers = f"epoch {progress.epoch:.1f}  loss {progress.loss:.3f}  test {100 * latest.test.accuracy:.2f} %"
    bar.update(progress.step - bar.pos, numbers)
    if bar.hidden and progress.snapshot is not None:
        click.echo(f"  {numbers}")


def draw_latest(run: Run, folder: Path) -> None:
    """latest.png, the test images as they are now; its limits are those of the run so far."""
    write_whole(folder / "latest.png", png_bytes(Page(run, "test", Style()).image(len(run.snapshots) - 1)))


def clear(folder: Path) -> None:
    """Removes an older run's numbers and pictures, so that they do not mix with the new one's."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("snapshots", "frames"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for pattern in ("*.png", "*.gif", "metrics.csv", "run.json"):
        for file in folder.glob(pattern):
            file.unlink()


def made_with() -> dict[str, str]:
    """Versions and machine, for run.json."""
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": numpy.__version__,
        "machine": platform.platform(),
        "threads": str(torch.get_num_threads()),
    }
