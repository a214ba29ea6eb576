"""Runs on the cores of this machine: a process a core, one thread each."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import active_children, get_context
from pathlib import Path

from marginalia.config.run_config import RunConfig
from marginalia.sweeps.worker import Outcome, prepare, recorded

MOST_TRIES = 2
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}


def outcomes_here(runs: Mapping[Path, RunConfig], workers: int, pages: bool = False) -> Iterator[Outcome]:
    """How each run ends, in the order in which they end. runs: by their folders. pages: whether each gets a page.

    If a process dies, as when memory is short, the runs that were under way begin again in new ones; one that was under
    way twice when that happened has failed. The processes end when this one ends or the iteration is left.
    """
    waiting, tries = list(runs), Counter[Path]()
    while waiting:
        under_way: dict[Future[Outcome], Path] = {}
        with one_thread(), ProcessPoolExecutor(workers, get_context("spawn"), prepare) as pool:
            try:
                while waiting or under_way:
                    while waiting and len(under_way) < workers:
                        folder = waiting.pop(0)
                        under_way[pool.submit(recorded, runs[folder], folder, pages)] = folder
                    for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                        outcome = future.result()
                        del under_way[future]
                        yield outcome
            except BrokenProcessPool:
                tries.update(under_way.values())
                waiting = [*(folder for folder in under_way.values() if tries[folder] < MOST_TRIES), *waiting]
            except BaseException:
                for child in active_children():
                    child.terminate()
                raise
        for folder in under_way.values():
            if tries[folder] == MOST_TRIES:
                yield Outcome(runs[folder].name, 0.0, "its process died twice, perhaps for want of memory")


@contextmanager
def one_thread() -> Iterator[None]:
    """In the environment that new processes inherit: libgomp reads it when torch is loaded."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
