"""Whole processes timed from outside, figures with their spread, and the table that shows them."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import click

ROOT = Path(__file__).parent.parent
MEGABYTE = 1e6


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


def call(*command: object) -> Done:
    """Runs `python COMMAND`, checks that it went well, and reads its JSON lines."""
    with tempfile.TemporaryFile("w+") as out:
        started = time.perf_counter()
        process = subprocess.Popen([sys.executable, *map(str, command)], cwd=ROOT, stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise click.ClickException(f"{' '.join(map(str, command))} ended with {process.returncode}")
        out.seek(0)
        lines = [json.loads(line) for line in out if line.startswith("{")]
    return Done(lines, seconds, usage.ru_maxrss * 1024 / MEGABYTE)


def table(rows: list[Row]) -> str:
    lines = [["figure", "Marginalia", "plain way", "plain / ours", "wanted"], ["---"] * 5]
    lines += [row.cells() for row in rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
