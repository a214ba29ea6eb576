"""How far a sweep is, as a table that grows by a row with every run."""

from __future__ import annotations

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
    """Of so many runs in all. `failed`: the names of those that failed."""

    def __init__(self, count: int):
        self.left, self.done, self.began = count, 0, time.perf_counter()
        self.failed: list[str] = []

    def begin(self) -> None:
        self.began = time.perf_counter()
        click.echo(HEADING)

    def add(self, outcome: Outcome, folder: Path) -> None:
        """A row for a run that has ended; its reason on stderr if it failed. folder: of all runs."""
        self.left -= 1
        self.done += outcome.seconds > 0
        if outcome.reason:
            self.failed.append(outcome.name)
            click.echo(f"{outcome.name} failed: {outcome.reason}", err=True)
            return
        left = (time.perf_counter() - self.began) / self.done * self.left
        click.echo(
            f"{self.left:6} {duration(left):>10} {outcome.seconds:8.1f} {accuracy(folder / outcome.name):>8}  "
            f"{outcome.name}"
        )


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
