"""Trains what is missing of the plan, several trainings side by side, each a command of its own."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path

import click

from marginalia.cli.train import run_config
from marginalia.config.config_file import ConfigFile
from marginalia.core.errors import RunsFailedError, StoppedError
from tools.results.plan import Trial

ROOT = Path(__file__).parents[2]
UNDERSCORED = ("visual_dimension",)


def folder_of(trial: Trial, file: ConfigFile, outputs: Path) -> Path:
    """Where the trial's run lies: a folder a part and seed, and in it the run under its usual name."""
    name = run_config(file, trial.lossname, trial.given, quick=False).name
    return outputs / f"{trial.part.replace(' ', '-')}_seed{trial.seed}" / name


def command(trial: Trial, file: ConfigFile, outputs: Path) -> list[str]:
    """The command that trains it, as it could be typed."""
    words = ["main.py", "--lossname", trial.lossname, "--outputs", str(folder_of(trial, file, outputs).parent)]
    for key, value in trial.given.items():
        option = f"--{key if key in UNDERSCORED else key.replace('_', '-')}"
        for item in value if isinstance(value, tuple) else (value,):
            words += [option, f"{item:g}" if isinstance(item, float) else str(item)]
    return words


def train_all(trials: Iterable[Trial], file: ConfigFile, outputs: Path, jobs: int) -> None:
    """Runs the commands, `jobs` at a time, with the processor's cores shared evenly. RunsFailedError names failures.

    Two trainings of one thread each get more done than one of two threads; each goes on where it was stopped.
    """
    waiting: queue.SimpleQueue[Trial] = queue.SimpleQueue()
    for trial in trials:
        waiting.put(trial)
    threads = max(1, (os.cpu_count() or 1) // jobs)
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    failures: list[str] = []

    def work() -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                trial = waiting.get_nowait()
                try:
                    done = train(command(trial, file, outputs), folder_of(trial, file, outputs), environment)
                except OSError:
                    done = False
                if not done:
                    failures.append(f"{trial.part}: {trial.lossname}")

    workers = [threading.Thread(target=work) for _ in range(jobs)]
    for worker in workers:
        worker.start()
    try:
        for worker in workers:
            worker.join()
    except KeyboardInterrupt:
        with contextlib.suppress(queue.Empty):
            while True:
                waiting.get_nowait()
        for worker in workers:
            worker.join()
        raise StoppedError("stopped; the same command goes on") from None
    if failures:
        raise RunsFailedError(f"{len(failures)} trainings failed: {', '.join(failures)}")


def train(words: list[str], folder: Path, environment: dict[str, str]) -> bool:
    """One command, with what it says in FOLDER.log; whether it went well."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with Path(f"{folder}.log").open("a") as out:
        done = subprocess.run([sys.executable, *words], cwd=ROOT, env=environment, stdout=out, stderr=out)
    click.echo(f"{'done' if done.returncode == 0 else f'FAILED, see {folder}.log'}: python {' '.join(words)}")
    return done.returncode == 0
