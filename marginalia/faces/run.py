"""One training in its folder: saves and reports what the loop yields."""

from __future__ import annotations

import csv
import io
import time
from contextlib import ExitStack
from pathlib import Path

import click
import torch

from marginalia.core.errors import InputError, StoppedError
from marginalia.core.files import write_whole
from marginalia.core.run_log import command_line, command_to_go_on
from marginalia.faces.checkpoint import NAME as CHECKPOINT
from marginalia.faces.checkpoint import latest, restore, save
from marginalia.faces.learner import FaceLearner
from marginalia.faces.people import Parts
from marginalia.faces.progress import progress_bar
from marginalia.faces.replacing import METRICS, finish_replacing, put_aside, require_ours
from marginalia.faces.run_file import describe, read_run_file, write_run_file
from marginalia.faces.training import Progress, make_learner, train
from marginalia.faces.training_spec import TrainingSpec
from marginalia.training.agreement import by_the_first, on_this_rank, with_all_ranks
from marginalia.training.lock import locked
from marginalia.training.ranks import Ranks

HEADER = ["step", "epoch", "loss", "validation_eer", "seconds"]


def run_training(
    training: TrainingSpec,
    parts: Parts,
    folder: Path,
    ranks: Ranks,
    device: torch.device,
    overwrite: bool,
    workers: int,
) -> None:
    """Trains into `folder`, or goes on with what is there; a finished training is left alone.

    What is overwritten stays until the first new checkpoint takes its place. Raises InputError if the folder is in use
    or holds another training, or the batches are too small for so many ranks; StoppedError after Ctrl-C.
    """
    require_two_images_each(min(training.recipe.batch_size, len(parts.train)), ranks)
    with ExitStack() as stack:

        def prepare() -> None:
            stack.enter_context(locked(folder, "another --out"))
            stack.callback(finish_replacing, folder)
            finish_replacing(folder)
            require_ours(folder)
            if not overwrite and (folder / CHECKPOINT).exists():
                describe(training, parts).require_same(read_run_file(folder), folder)

        by_the_first(ranks, prepare)
        run = TrainingRun(training, parts, folder, ranks, device, overwrite)
        try:
            with with_all_ranks(ranks):
                run.run(workers)
        except KeyboardInterrupt:
            if not run.begun:
                raise StoppedError(f"stopped before the first checkpoint; begin anew with: {command_line()}") from None
            raise StoppedError(f"stopped; the last checkpoint is kept; go on with: {command_to_go_on()}") from None


def require_two_images_each(batch: int, ranks: Ranks) -> None:
    """Batch normalisation needs two."""
    if ranks.count > 1 and batch < 2 * ranks.count:
        raise InputError(f"batches of {batch} images are too small for {ranks.count} processes; 2 for each are needed")


class TrainingRun:
    """A training whose folder is ready, on one of its ranks; the first one writes metrics and messages.

    begun: whether the folder has a checkpoint of this training.
    """

    def __init__(
        self, training: TrainingSpec, parts: Parts, folder: Path, ranks: Ranks, device: torch.device, overwrite: bool
    ):
        self.training, self.parts, self.folder, self.ranks, self.device = training, parts, folder, ranks, device
        self.description = describe(training, parts)
        self.begun = not overwrite and (folder / CHECKPOINT).exists()
        self.rows: list[list[str]] = []

    def run(self, workers: int) -> None:
        steps = self.training.steps(len(self.parts.train))
        if self.begun and latest(self.folder)[1] == steps:
            self.say(f"finished already, in {self.folder}; --overwrite trains it again")
            return
        learner = make_learner(self.training, self.parts, self.ranks, self.device)
        with on_this_rank(self.ranks):
            first = restore(self.folder, learner, self.description.fingerprint) if self.begun else 0
        self.announce(first)
        self.rows = self.metrics_until(first)
        began = time.perf_counter()
        before = float(self.rows[-1][-1]) if self.rows else 0.0
        with progress_bar(steps if self.ranks.first else 0, "train") as bar:
            bar.update(first)
            for progress in train(self.training, self.parts, learner, first, workers):
                if progress.ends_epoch:
                    with on_this_rank(self.ranks):
                        self.keep(learner, progress, before + time.perf_counter() - began)
                if self.ranks.first:
                    numbers = line(progress)
                    bar.update(progress.step - bar.pos, numbers)
                    if bar.hidden and progress.ends_epoch:
                        click.echo(f"  {numbers}")
        minutes, seconds = divmod(round(time.perf_counter() - began), 60)
        self.say(f"{self.training.head}: trained in {minutes} min {seconds:02d} s -> {self.folder}")

    def keep(self, learner: FaceLearner, progress: Progress, seconds: float) -> None:
        """A checkpoint. The row of metrics comes first: a training that goes on drops rows that are too new."""
        if self.ranks.first and not self.begun:
            put_aside(self.folder)
            write_run_file(self.folder, self.description)
        self.note(progress, seconds)
        save(self.folder, learner, progress.step, self.description.fingerprint)
        if self.ranks.first and not self.begun:
            finish_replacing(self.folder)
        self.begun = True

    def announce(self, first: int) -> None:
        train_part, numbers = self.parts.train, self.training.spec
        ranks = f" on {self.ranks.count} processes" if self.ranks.count > 1 else ""
        self.say(f"{self.training.head} {vars(numbers)}")
        self.say(
            f"{len(train_part):,} images of {len(train_part.people):,} people, {self.training.recipe.backbone}{ranks}"
        )
        if self.parts.left_out:
            self.say(f"{self.parts.left_out:,} people were left out by name")
        if self.parts.too_few:
            self.say(
                f"{self.parts.too_few:,} people with fewer than {self.training.recipe.min_images} images were left out"
            )
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
