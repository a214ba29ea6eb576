"""Whole processes timed from outside, figures with their spread, and the table that shows them."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).parent.parent))
from marginalia.cli.command_line import SPIN_COUNT

HERE = Path(__file__).parent
ROOT = HERE.parent
MEGABYTE = 1e6
SPINNING = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
OURS = {"GOMP_SPINCOUNT": SPIN_COUNT}


@dataclass
class Row:
    """A figure measured several times: ours, the plain way's, and the smallest ratio that is wanted (or None)."""

    name: str
    ours: list[float]
    plain: list[float] = field(default_factory=list)
    target: str = ""

    def cells(self) -> list[str]:
        both = self.plain and self.ours
        ratio = f"{statistics.median(self.plain) / statistics.median(self.ours):.2f}" if both else ""
        return [self.name, spread(self.ours), spread(self.plain), ratio, self.target]


def spread(values: list[float]) -> str:
    """Median, and the smallest and largest where there are several."""
    if not values:
        return ""
    middle = f"{statistics.median(values):.4g}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.4g} to {max(values):.4g})"


@dataclass(frozen=True)
class Done:
    """A finished process: its JSON lines, seconds and peak memory in MB."""

    lines: list[dict]
    seconds: float
    peak_mb: float


def call(*command: object, **settings: str) -> Done:
    """Runs `python COMMAND`, checks that it went well, and reads its JSON lines.

    settings: environment variables. How long threads spin stands in none, unless it is one of these.
    """
    around = {name: value for name, value in os.environ.items() if name not in SPINNING}
    with tempfile.TemporaryFile("w+") as out:
        started = time.perf_counter()
        words = [sys.executable, *map(str, command)]
        process = subprocess.Popen(words, cwd=ROOT, stdout=out, env=around | settings)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise click.ClickException(f"{' '.join(map(str, command))} ended with {process.returncode}")
        out.seek(0)
        lines = [json.loads(line) for line in out if line.startswith("{")]
    return Done(lines, seconds, usage.ru_maxrss * 1024 / MEGABYTE)


def measure(*arguments: object, spinning: dict[str, str] = OURS) -> dict:
    """What measure.py answers. spinning: how long threads spin, as our commands set it unless said otherwise."""
    return call(HERE / "measure.py", *arguments, **spinning).lines[-1]


def measure_drawing(*arguments: object, spinning: dict[str, str] = OURS) -> dict:
    """What measure_drawing.py answers."""
    return call(HERE / "measure_drawing.py", *arguments, **spinning).lines[-1]


def answer(**numbers: object) -> None:
    click.echo(json.dumps(numbers))


def median_ms(call: Callable[[], object], rounds: int = 9) -> float:
    """Median milliseconds of a call, after two that do not count."""
    times = []
    for _ in range(rounds + 2):
        started = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times[2:])


def timed_ms(call: Callable[[], object], rounds: int) -> dict[str, float]:
    """Median milliseconds of a call, on the clock and of processor time of all threads, after two that do not count."""
    times = []
    for _ in range(rounds + 2):
        wall, processor = time.perf_counter(), time.process_time()
        call()
        times.append((time.perf_counter() - wall, time.process_time() - processor))
    wall_s, processor_s = (statistics.median(column) for column in zip(*times[2:], strict=True))
    return {"wall_ms": 1000 * wall_s, "processor_ms": 1000 * processor_s}


def table(rows: list[Row]) -> str:
    lines = [["figure", "Marginalia", "plain way", "plain / ours", "wanted"], ["---"] * 5]
    lines += [row.cells() for row in rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
