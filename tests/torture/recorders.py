"""A Recorder that is killed while it records reads back, and goes on with what it has."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import marginalia as mg

from .common import ROOT, Outcome

LONGEST_DELAY = 0.05
ENDLESS = """
import sys, numpy as np, marginalia as mg
labels = np.arange(5000) % 4
with mg.Recorder(sys.argv[1], class_names="abcd", resume=True) as recorder:
    first = 0 if recorder.last_epoch is None else int(recorder.last_epoch) + 1
    for epoch in range(first, 10_000):
        recorder.add(epoch, np.full((5000, 8), epoch, np.float32), labels)
        print(epoch, flush=True)
"""


def killed_recorders(scratch: Path, images: Path, times: int = 50) -> Outcome:
    """SIGKILL at random moments, again and again on one record: every snapshot that was announced is there."""
    folder, said, failed = scratch / "recorded", -1, 0
    for _ in range(times):
        process = subprocess.Popen(
            [sys.executable, "-c", ENDLESS, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(random.uniform(0, LONGEST_DELAY))
        process.send_signal(signal.SIGKILL)
        said = max([said, *map(int, [first, *process.communicate()[0].splitlines()])])
        run = mg.read(folder)
        whole = all((snapshot.points("test").features == snapshot.epoch).all() for snapshot in run)
        failed += not (whole and len(run) > said and [snapshot.epoch for snapshot in run] == list(range(len(run))))
    return times, failed
