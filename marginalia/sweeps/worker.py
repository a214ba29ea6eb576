"""One run of a sweep, in a process that lives on for further runs."""

from __future__ import annotations

import functools
import os
import signal
import threading
import time
from dataclasses import dataclass
from multiprocessing import connection, parent_process
from pathlib import Path

from marginalia.config.run_config import DataConfig, RunConfig
from marginalia.core.errors import InputError
from marginalia.core.user_code import UserCode, load
from marginalia.data.dataset import Dataset
from marginalia.losses.spec import UserLoss, UserPsi

PAGE = "index.html"


@dataclass(frozen=True)
class Outcome:
    """How a run of this name ended. seconds: how long it took; reason: why it failed, or ""."""

    name: str
    seconds: float
    reason: str = ""


def prepare() -> None:
    """Of a new process: it ignores Ctrl-C, ends when the process that started it has ended, and has one thread."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, daemon=True).start()
    import torch

    torch.set_num_threads(1)


def end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def recorded(config: RunConfig, folder: Path, page: bool) -> Outcome:
    """Trains what is left of the run into its folder; if that fails, the outcome has the reason.

    page: whether it gets a page of its own.
    """
    from marginalia.training.recording import record_run

    began = time.perf_counter()
    try:
        with_code_loaded(config)
        record_run(config, loaded(config.data), folder)
        if page:
            write_own_page(folder, loaded(config.data))
    except Exception as error:  # whatever it is, the other runs go on
        kind = "" if isinstance(error, InputError | OSError) else f"{type(error).__name__}: "
        return Outcome(config.name, time.perf_counter() - began, kind + " ".join(str(error).split()))
    return Outcome(config.name, time.perf_counter() - began)


def write_own_page(folder: Path, dataset: Dataset) -> None:
    """The page of the run in this folder, if its features have two dimensions."""
    from marginalia.point_images import images_of
    from marginalia.record.store import read_description, read_run
    from marginalia.viz.page.assemble import write_page
    from marginalia.viz.style import Style

    run = read_run(folder)
    if run.dimension == 2:
        write_page(folder / PAGE, [run], [images_of(run, read_description(folder), dataset)], Style())


def with_code_loaded(config: RunConfig) -> None:
    """Loads the files of the user's own that the run names. Raises InputError if one of them has changed."""
    loss = config.loss.code if isinstance(config.loss, UserLoss | UserPsi) else None
    for code in (config.encoder, loss):
        if isinstance(code, UserCode) and load(f"{code.path}:{code.name}") != code:
            raise InputError(f"{code.path} has changed since the sweep began")


@functools.lru_cache(maxsize=2)
def loaded(data: DataConfig) -> Dataset:
    """The images, which stay in memory from run to run."""
    from marginalia.training.dataset_of import dataset_of

    return dataset_of(data)
