"""Processes that are killed, that run out of disk, and that run for long."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import click

from .common import ROOT, Outcome, command, contents, is_one_clear_line, only_run

KILLS = 50
MORE_MB = 10


def kills(scratch: Path, images: Path, count: int = KILLS, *more: str) -> Outcome:
    """SIGKILL at random moments of a short run, each resumed to the end and compared byte for byte.

    more: words at the end of its command.
    """
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    quiet = {"cwd": ROOT, "env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    started = time.monotonic()
    subprocess.run(command(images, scratch / "whole", *more), check=True, **quiet)
    seconds = 1.2 * (time.monotonic() - started)  # two at a time are slower
    expected = contents(only_run(scratch / "whole"))
    times = [seconds * (0.25 + 0.75 * random.random()) for _ in range(count)]
    failed = 0
    with click.progressbar(range(0, count, 2), label="SIGKILL", hidden=count < KILLS) as pairs:
        for first in pairs:
            failed += sum(killed_pair(scratch, images, times[first : first + 2], quiet, expected, more))
    return count, failed


def killed_pair(
    scratch: Path, images: Path, times: list[float], quiet: dict, expected: dict, more: tuple[str, ...]
) -> Iterator[bool]:
    """Two runs at a time, one a core; yields whether each did not come back whole."""
    outputs = [Path(tempfile.mkdtemp(dir=scratch)) for _ in times]
    processes = [subprocess.Popen(command(images, folder, *more), **quiet) for folder in outputs]
    started = time.monotonic()
    for moment, process in sorted(zip(times, processes, strict=True), key=lambda pair: pair[0]):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, moment - (time.monotonic() - started)))
        process.kill()
        process.communicate()
    resumed = [subprocess.Popen(command(images, folder, *more), **quiet) for folder in outputs]
    for folder, process in zip(outputs, resumed, strict=True):
        process.communicate()
        yield process.returncode != 0 or contents(only_run(folder)) != expected
        shutil.rmtree(folder)


def full_disk(scratch: Path, images: Path) -> Outcome:
    """The process may write files of so many bytes and no more (RLIMIT_FSIZE); then the limit is gone."""
    failed = 0
    limits = [0, 100, 1000, 5000, 20_000, 100_000, 500_000, 1_000_000, 2_000_000, 3_000_000]
    for limit in limits:
        outputs = Path(tempfile.mkdtemp(dir=scratch))
        bounds = (limit, limit)
        done = subprocess.run(
            command(images, outputs), cwd=ROOT, capture_output=True, text=True,
            preexec_fn=lambda bounds=bounds: resource.setrlimit(resource.RLIMIT_FSIZE, bounds),
        )  # fmt: skip
        clear = is_one_clear_line(done.returncode, done.stderr) or done.returncode == 0
        again = subprocess.run(command(images, outputs), cwd=ROOT, capture_output=True, text=True)
        whole = (
            again.returncode == 0 and contents(only_run(outputs)).keys() == contents(only_run(scratch / "whole")).keys()
        )
        if not (clear and whole):
            click.echo(
                f"limit {limit}: {done.returncode} {done.stderr[:300]} / {again.returncode} {again.stderr[:300]}"
            )
        failed += not (clear and whole)
    return len(limits), failed


def flat_memory(scratch: Path, images: Path, epochs: int = 200) -> Outcome:
    """A tiny run of many epochs: in the last 30 % of them, what is resident may exceed that of 20 to 50 % by 10 MB.

    Each is the least over these epochs, since drawing takes some MB for a moment. The fixed threshold makes glibc give
    back what is freed, so that what is resident is what is used.
    """
    arguments = ["--lossname", "softmax", "--basemodel", "MiniResnet18", "--epochs", str(epochs),
                 "--snapshots", "1", "--batch-size", "100"]  # fmt: skip
    outputs = scratch / "memory"
    process = subprocess.Popen(
        [sys.executable, "main.py", *arguments, "--dataset", f"folder:{images}", "--outputs", str(outputs)],
        cwd=ROOT, stdout=subprocess.DEVNULL, env=os.environ | {"MALLOC_MMAP_THRESHOLD_": "1000000"},
    )  # fmt: skip
    early: list[int] = []
    latest: list[int] = []
    while process.poll() is None:
        count = len(list(outputs.glob("*/snapshots/*.npz")))
        resident = resident_mb(process.pid)
        if resident and 0.2 * epochs < count <= 0.5 * epochs:
            early.append(resident)
        elif resident and 0.7 * epochs < count < epochs:
            latest.append(resident)
        time.sleep(0.02)
    before, after = (min(samples, default=0) for samples in (early, latest))
    click.echo(f"memory: {before} MB before {0.5 * epochs:.0f} epochs, {after} MB after {0.7 * epochs:.0f}")
    return 1, int(process.returncode != 0 or not (before and after) or after > before + MORE_MB)


def resident_mb(pid: int) -> int:
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1_000_000
    return 0
