"""Tests wait for what they expect, since no machine promises a time."""

from __future__ import annotations

import time
from collections.abc import Callable

HANGS = 600  # seconds: a guard against waiting for ever, and no promise


def wait_until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + HANGS
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not after {HANGS} s")
        time.sleep(0.05)
