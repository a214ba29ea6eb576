"""One training in its folder: what the loop yields is saved and said."""

from __future__ import annotations

import csv
import io
import shutil
import time
from contextlib import ExitStack
from pathlib import Path

import click
import torch
from filelock import FileLock, Timeout

from errors import InputError, StoppedError
from faces.checkpoint import NAME as CHECKPOINT
from faces.checkpoint import latest, restore, save
from faces.people import Parts
from faces.progress import progress_bar
from faces.run_file import NAME as RUN_FILE
from faces.run_file import describe, read_run_file, write_run_file
from faces.training import Job, Progress, make_learner, train
from files import write_whole
from run_log import command_to_go_on
from training.ranks import Ranks

METRICS = "metrics.csv"
HEADER = ["step", "epoch", "loss", "validation_eer", "seconds"]


def run_training(
    job: Job, parts: Parts, folder: Path, ranks: Ranks, device: torch.device, overwrite: bool, workers: int
) -> None:
    """Trains into `folder`, or goes on with what is there; a finished training is left alone.

    Raises InputError if the folder is in use or holds another training, StoppedError after Ctrl-C.
    """
    with ExitStack() as stack:
        if ranks.first:
            stack.enter_context(alone_in(folder))
            prepare(job, parts, folder, overwrite)
        ranks.wait()
        try:
            TrainingRun(job, parts, folder, ranks, device).run(workers)
        except KeyboardInterrupt:
            raise StoppedError(f"stopped; the last checkpoint is kept; go on with: {command_to_go_on()}") from None


def alone_in(folder: Path) -> ExitStack:
    """The folder, made and locked."""
    folder.mkdir(parents=True, exist_ok=True)
    stack = ExitStack()
    try:
        stack.enter_context(FileLock(folder / ".lock", timeout=0))
    except Timeout:
        raise InputError(f"another process is working in {folder}; wait for it, or choose another --out") from None
    return stack


def prepare(job: Job, parts: Parts, folder: Path, overwrite: bool) -> None:
    """Makes sure that what the folder holds is this training, or nothing."""
    if overwrite:
        for name in (RUN_FILE, CHECKPOINT, METRICS):
            (folder / name).unlink(missing_ok=True)
        shutil.rmtree(folder / "steps", ignore_errors=True)
    asked = describe(job, parts)
    if (folder / RUN_FILE).exists():
        asked.require_same(read_run_file(folder), folder)
    write_run_file(folder, asked)


class TrainingRun:
    """A training whose folder is ready, on one of its ranks; the first one writes metrics and speaks."""

    def __init__(self, job: Job, parts: Parts, folder: Path, ranks: Ranks, device: torch.device):
        self.job, self.parts, self.folder, self.ranks, self.device = job, parts, folder, ranks, device
        self.rows: list[list[str]] = []

    def run(self, workers: int) -> None:
        steps = self.job.steps(len(self.parts.train))
        going_on = (self.folder / CHECKPOINT).exists()
        if going_on and latest(self.folder)[1] == steps:
            self.say(f"finished already, in {self.folder}; --overwrite trains it again")
            return
        learner = make_learner(self.job, self.parts, self.ranks, self.device)
        first = restore(self.folder, learner) if going_on else 0
        self.announce(first)
        self.rows = self.metrics_until(first)
        began = time.perf_counter()
        before = float(self.rows[-1][-1]) if self.rows else 0.0
        with progress_bar(steps if self.ranks.first else 0, "train") as bar:
            bar.update(first)
            for progress in train(self.job, self.parts, learner, first, workers):
                if progress.ends_epoch:
                    save(self.folder, learner, progress.step)
                    self.note(progress, before + time.perf_counter() - began)
                if self.ranks.first:
                    numbers = line(progress)
                    bar.update(progress.step - bar.pos, numbers)
                    if bar.hidden and progress.ends_epoch:
                        click.echo(f"  {numbers}")
        minutes, seconds = divmod(round(time.perf_counter() - began), 60)
        self.say(f"{self.job.head}: trained in {minutes} min {seconds:02d} s -> {self.folder}")

    def announce(self, first: int) -> None:
        train_part, numbers = self.parts.train, self.job.spec
        ranks = f" on {self.ranks.count} processes" if self.ranks.count > 1 else ""
        self.say(f"{self.job.head} {vars(numbers)}")
        self.say(f"{len(train_part):,} images of {len(train_part.people):,} people, {self.job.recipe.backbone}{ranks}")
        if first:
            self.say(f"  going on after step {first}")

    def metrics_until(self, step: int) -> list[list[str]]:
        """The rows of metrics.csv that a training going on after `step` has behind it."""
        path = self.folder / METRICS
        if not step or not path.exists():
            return []
        return [
            row
            for row in csv.reader(path.read_text().splitlines()[1:])
            if len(row) == len(HEADER) and int(row[0]) <= step
        ]

    def note(self, progress: Progress, seconds: float) -> None:
        if not self.ranks.first:
            return
        eer = "" if progress.eer is None else f"{progress.eer:.6f}"
        self.rows.append([str(progress.step), f"{progress.epoch:g}", f"{progress.loss:.6f}", eer, f"{seconds:.1f}"])
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([HEADER, *self.rows])
        write_whole(self.folder / METRICS, text.getvalue().encode())

    def say(self, words: str) -> None:
        if self.ranks.first:
            click.echo(words)


def line(progress: Progress) -> str:
    eer = "" if progress.eer is None else f"  validation EER {100 * progress.eer:.2f} %"
    return f"epoch {progress.epoch:.1f}  loss {progress.loss:.3f}{eer}"
