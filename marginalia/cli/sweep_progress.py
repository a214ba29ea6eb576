"""How far a sweep is, as a table that grows by a row with every run."""

from __future__ import annotations

import math
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from marginalia.core.errors import InputError
from marginalia.record.store import read_description

if TYPE_CHECKING:
    from marginalia.sweeps.worker import Outcome

HEADING = f"{'left':>6} {'time left':>10} {'seconds':>8} {'test':>8}  run"


class Progress:
    """Of so many runs in all, so many at a time; None where that shows only as they end. `failed`: names of runs."""

    def __init__(self, count: int, at_a_time: int | None):
        self.left, self.at_a_time, self.began = count, at_a_time, time.perf_counter()
        self.seconds: list[float] = []
        self.failed: list[str] = []

    def begin(self) -> None:
        self.began = time.perf_counter()
        click.echo(HEADING)

    def add(self, outcome: Outcome, folder: Path) -> None:
        """A row for a run that has ended; its reason on stderr if it failed. folder: of all runs."""
        self.left -= 1
        if outcome.reason:
            self.failed.append(outcome.name)
            click.echo(f"{outcome.name} failed: {outcome.reason}", err=True)
            return
        self.seconds.append(outcome.seconds)
        test = accuracy(folder / outcome.name)
        left = duration(self.seconds_left())
        click.echo(f"{self.left:6} {left:>10} {outcome.seconds:8.1f} {test:>8}  {outcome.name}")

    def seconds_left(self) -> float:
        """As many rounds of runs as are left, each as long as a run took on average."""
        together = self.at_a_time or math.ceil(sum(self.seconds) / (time.perf_counter() - self.began))
        return math.ceil(self.left / together) * statistics.fmean(self.seconds)


def accuracy(folder: Path) -> str:
    try:
        share = read_description(folder).metrics.get("test_accuracy")
    except InputError:
        share = None
    return "-" if share is None else f"{100 * share:.2f} %"


def duration(seconds: float) -> str:
    """ "1 h 05 min", "12 min", "40 s"."""
    minutes = round(seconds / 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes} min" if minutes else f"{round(seconds)} s"
