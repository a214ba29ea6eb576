"""make torture: what a run survives, tried often, in about ten minutes; the table goes into docs/reliability.md."""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from pathlib import Path

import click

from .common import ROOT, digits
from .damage import damage, damaged_images
from .generated import generated
from .kills import flat_memory, full_disk, kills
from .recorders import killed_recorders

REPORT = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- make torture begins -->", "<!-- make torture ends -->"
TRIALS = [
    ("SIGKILL at a random moment, resumed, compared byte for byte", kills),
    ("a file of a run truncated, a bit flipped, emptied, or another run's", damage),
    ("a disk that is full (RLIMIT_FSIZE), then room again", full_disk),
    ("made-up configs and command lines", generated),
    ("a damaged image in a folder of images", damaged_images),
    ("memory over 200 epochs", flat_memory),
    ("SIGKILL of a Recorder at a random moment, read back and resumed", killed_recorders),
]


def torture() -> int:
    random.seed(0)
    rows = ["| what was tried | times | lost or wrong | seconds |", "|---|---|---|---|"]
    total = 0
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        images = digits(scratch / "digits")
        os.chdir(ROOT)
        for title, trial in TRIALS:
            started = time.monotonic()
            tried, failed = trial(scratch, images)
            rows.append(f"| {title} | {tried:,} | {failed} | {time.monotonic() - started:.0f} |")
            click.echo(rows[-1])
            total += failed
    before, _, rest = REPORT.read_text().partition(BEGIN)
    REPORT.write_text(before + BEGIN + "\n" + "\n".join(rows) + "\n" + END + rest.partition(END)[2])
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(torture())
