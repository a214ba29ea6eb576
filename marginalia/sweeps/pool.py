"""Runs on the cores of this machine: a process a core, one thread each."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import active_children, get_context
from pathlib import Path

from marginalia.config.run_config import RunConfig
from marginalia.sweeps.worker import Outcome, prepare, recorded

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}


def outcomes_here(runs: Mapping[Path, RunConfig], workers: int, pages: bool = False) -> Iterator[Outcome]:
    """How each run ends, in the order in which they end. runs: by their folders. pages: whether each gets a page.

    If a process dies, as when memory is short, each run that was under way begins again alone; one whose process dies
    then too has failed. The processes end when this one ends or the iteration is left.
    """
    left = dict(runs)
    while left:
        for folder in (yield from until_a_process_dies(left, workers, pages)):
            if (yield from until_a_process_dies({folder: left.pop(folder)}, 1, pages)):
                yield Outcome(runs[folder].name, 0.0, "its process died twice, perhaps for want of memory")


def until_a_process_dies(
    left: dict[Path, RunConfig], workers: int, pages: bool
) -> Generator[Outcome, None, list[Path]]:
    """Takes each run out of `left` when it has ended; returns the runs under way when a process died, or none."""
    waiting, under_way = list(left), dict[Future[Outcome], Path]()
    with one_thread(), ProcessPoolExecutor(workers, get_context("spawn"), prepare) as pool:
        try:
            while waiting or under_way:
                while waiting and len(under_way) < workers:
                    under_way[pool.submit(recorded, left[waiting[0]], waiting[0], pages)] = waiting[0]
                    waiting.pop(0)
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    outcome = future.result()
                    del left[under_way.pop(future)]
                    yield outcome
        except BrokenProcessPool:
            return list(under_way.values())
        except BaseException:
            for child in active_children():
                child.terminate()
            raise
    return []


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
