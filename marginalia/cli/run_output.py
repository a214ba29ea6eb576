"""The output of a run: lines on stdout and in its log.txt, and a progress bar on stderr."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from marginalia.progress import progress_bar


class RunOutput:
    """log: None on every rank but the first, which is silent then."""

    def __init__(self, log: logging.Logger | None):
        self.log = log
        self.bar: Any = None
        self.began = time.perf_counter()

    def say(self, line: str) -> None:
        if self.log is not None:
            click.echo(line)
            self.log.info("%s", line)

    @contextmanager
    def training(self, steps: int) -> Iterator[None]:
        """Shows a bar of so many steps while the block trains."""
        self.began = time.perf_counter()
        with progress_bar(steps if self.log is not None else 0) as self.bar:
            yield

    def progress(self, step: int, numbers: str, saved: bool) -> None:
        """The steps done and a line of numbers. Without a terminal a line is printed only where something is saved."""
        if self.log is None:
            return
        self.bar.update(step - self.bar.pos, numbers)
        if self.bar.hidden and saved:
            click.echo(f"  {numbers}")

    @property
    def seconds(self) -> float:
        """Since the training began."""
        return time.perf_counter() - self.began

    @property
    def duration(self) -> str:
        minutes, seconds = divmod(round(self.seconds), 60)
        return f"{minutes} min {seconds:02d} s"
