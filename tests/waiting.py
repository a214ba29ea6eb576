"""Tests wait for what they expect, since no machine promises a time."""

from __future__ import annotations

import time
from collections.abc import Callable

LONGEST_WAIT = 600  # seconds; only what hangs takes so long


def wait_until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + LONGEST_WAIT
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not after {LONGEST_WAIT} s")
        time.sleep(0.05)
