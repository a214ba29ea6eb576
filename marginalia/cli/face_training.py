"""One training of a recogniser in its folder: what the loop yields is saved and reported."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch

from marginalia.cli.experiment import summary_writer
from marginalia.cli.face_report import PAGE, RECORD, FaceReport, words
from marginalia.cli.run_output import RunOutput
from marginalia.core.errors import InputError, StoppedError
from marginalia.core.run_log import command_line, command_to_go_on, logging_to, versions
from marginalia.faces.batches import Crops
from marginalia.faces.checkpoint import restore, save
from marginalia.faces.learner import FaceLearner
from marginalia.faces.people import Parts
from marginalia.faces.run_file import (
    BEST,
    CHECKPOINTS,
    PENDING,
    describe,
    existing_training,
    is_checkpoint,
    write_run_file,
)
from marginalia.faces.training import Judging, Progress, make_learner, train
from marginalia.faces.training_spec import TrainingSpec
from marginalia.faces.weights import write_weights
from marginalia.record.run_files import holds_run
from marginalia.record.snapshot import Record
from marginalia.record.store import write_metrics
from marginalia.training.agreement import by_the_first, on_this_rank, with_all_ranks
from marginalia.training.device import torch_here
from marginalia.training.lock import locked
from marginalia.training.ranks import Ranks


@dataclass(frozen=True)
class RunOptions:
    """How a training runs, which changes none of its weights.

    workers: processes that read images. said: lines to begin with. tensorboard: whether `folder/tensorboard` gets the
    numbers and the points too. judging: how it is validated.
    """

    workers: int = 0
    said: Sequence[str] = ()
    tensorboard: bool = False
    judging: Judging = field(default_factory=Judging)


def run_face_training(
    training: TrainingSpec, parts: Parts, folder: Path, ranks: Ranks, device: torch.device, overwrite: bool,
    options: RunOptions,
) -> None:  # fmt: skip
    """Trains into `folder`, or goes on with what is there; a finished training is left alone.

    What is overwritten stays until the first new checkpoint takes its place. Raises InputError if the folder is in use
    or holds another training, or the batches are too small for so many ranks; StoppedError after Ctrl-C.
    """
    require_two_images_each(min(training.recipe.batch_size, len(parts.train)), training.recipe.accumulate, ranks)
    run = FaceTraining(training, parts, folder, ranks, device, options)
    with ExitStack() as stack:

        def prepare() -> None:
            stack.enter_context(locked(folder, "another --out"))
            run.description = existing_training(folder, run.description, overwrite)
            run.output.log = stack.enter_context(logging_to(folder / "log.txt", verbose=False))

        by_the_first(ranks, prepare)
        run.description = ranks.broadcast(run.description)
        try:
            with with_all_ranks(ranks):
                run.run()
        except KeyboardInterrupt:
            if not run.description.checkpoint:
                raise StoppedError(f"stopped before the first checkpoint; begin anew with: {command_line()}") from None
            raise StoppedError(f"stopped; the last checkpoint is kept; go on with: {command_to_go_on()}") from None


def require_two_images_each(batch: int, parts: int, ranks: Ranks) -> None:
    """Batch normalisation needs two."""
    if batch // parts < 2 * ranks.count and (parts > 1 or ranks.count > 1):
        taken = f" in {parts} parts (--accumulate)" if parts > 1 else ""
        raise InputError(
            f"batches of {batch} images{taken} are too small for {ranks.count} processes; 2 for each are needed"
        )


class FaceTraining:
    """A training whose folder is ready, on one of its ranks; the first one writes metrics and messages.

    description: run.json, which names the last checkpoint of this training.
    """

    def __init__(
        self,
        training: TrainingSpec,
        parts: Parts,
        folder: Path,
        ranks: Ranks,
        device: torch.device,
        options: RunOptions,
    ):
        self.training, self.parts, self.folder, self.ranks, self.device = training, parts, folder, ranks, device
        self.description = describe(training, parts)
        self.output = RunOutput(None)
        self.records: list[Record] = []
        self.options, self.validation = options, dict[str, float]()
        self.report: FaceReport | None = None

    def run(self) -> None:
        first, steps = self.description.steps_done, self.training.steps(len(self.parts.train))
        if first == steps:
            self.finish_page()
            self.output.say(f"finished already, in {self.folder}; --overwrite trains it again")
            return
        learner = make_learner(self.training, self.parts, self.ranks, self.device)
        with on_this_rank(self.ranks):
            if first:
                place = self.description.last_checkpoint(self.folder)
                self.records = restore(place, learner, self.description.fingerprint)
        self.announce()
        board = summary_writer(self.folder / "tensorboard") if self.options.tensorboard and self.ranks.first else None
        self.report = report = FaceReport(self.training, self.parts.train, self.folder, bool(first), board)
        crops = Crops(self.parts.train, self.training.recipe.shape)
        if not self.options.workers:
            by_the_first(self.ranks, crops.read_all)
        before = self.records[-1].metrics["seconds"] if self.records else 0.0
        with self.output.training(steps):
            self.output.progress(first, "", saved=False)
            for progress in train(
                self.training, self.parts, learner, first, self.options.workers, self.options.judging, crops
            ):
                report.step(progress.epoch, progress.loss)
                self.keep_best(learner, progress)
                if progress.ends_epoch:
                    with on_this_rank(self.ranks):
                        self.keep(learner, progress, before + self.output.seconds)
                self.output.progress(progress.step, line(progress), progress.ends_epoch)
        self.output.say(f"{self.training.head}: trained in {self.output.duration} -> {self.folder}")
        self.finish_page()

    def keep(self, learner: FaceLearner, progress: Progress, seconds: float) -> None:
        """A checkpoint beside the last one, which goes when run.json names the new one."""
        numbers = {"loss": progress.loss} | self.validation | {"seconds": seconds}
        self.records.append(Record(progress.epoch, progress.step, numbers))
        place = Path(self.ranks.broadcast(str(free(self.folder / CHECKPOINTS / f"{progress.step:08d}"))))
        save(place, learner, self.records, self.description.fingerprint)
        assert self.report is not None
        weights = learner.directions_of(self.report.people)
        if not self.ranks.first:
            return
        if not self.description.checkpoint:
            (self.folder / PAGE).unlink(missing_ok=True)  # of a training that is replaced now
        self.description = replace(self.description, steps_done=progress.step, checkpoint=place.name)
        write_run_file(self.folder, self.description)
        write_metrics(self.folder, self.records)
        self.put_best()
        self.show(learner, weights)
        for other in place.parent.iterdir():
            if other != place and is_checkpoint(other):
                shutil.rmtree(other, ignore_errors=True)

    def finish_page(self) -> None:
        """Ends the record and makes its page, unless that is done."""
        page = self.folder / PAGE
        if not self.ranks.first or page.exists() or not holds_run(self.folder / RECORD):
            return
        report = self.report or FaceReport(self.training, self.parts.train, self.folder, True)
        try:
            self.output.say(str(report.close()))
        except Exception as error:  # whatever it is; log.txt has the traceback
            if self.output.log is not None:
                self.output.log.exception("no page")
            self.output.say(f"no page ({error})")

    def show(self, learner: FaceLearner, weights: np.ndarray) -> None:
        """Pictures and record. A training is complete without them, so no error here stops it."""
        assert self.report is not None
        try:
            self.report.record(learner, self.records, weights)
        except Exception as error:  # whatever it is; log.txt has the traceback
            if self.output.log is not None:
                self.output.log.exception("no picture")
            self.output.say(f"  no picture of this epoch ({error})")

    def put_best(self) -> None:
        """Best weights take their place with the first checkpoint; those of a training that is replaced go then."""
        if (self.folder / PENDING).exists():
            (self.folder / PENDING).replace(self.folder / BEST)
        elif self.description.best < 0:
            (self.folder / BEST).unlink(missing_ok=True)

    def keep_best(self, learner: FaceLearner, progress: Progress) -> None:
        """The weights that did best in validation until now, in a file of their own."""
        self.validation |= progress.validation
        if not self.ranks.first or progress.score is None:
            return
        if self.description.best_by != progress.judges:
            self.description = replace(self.description, best=-1.0, best_by=progress.judges)
        if progress.score > self.description.best:
            self.description = replace(self.description, best=progress.score)
            place = self.folder / (BEST if self.description.checkpoint else PENDING)
            write_weights(place, learner.judged.state_dict(), self.description.fingerprint)

    def announce(self) -> None:
        """What is trained, and what the log needs of the machine."""
        if self.output.log is not None:
            self.output.log.info("%s, with %s", command_line(), versions() | torch_here())
        recipe, train_part = self.training.recipe, self.parts.train
        ranks = f" on {self.ranks.count} processes" if self.ranks.count > 1 else ""
        people = f"{len(train_part):,} images of {len(train_part.people):,} people"
        for line in self.options.said:
            self.output.say(line)
        self.output.say(f"{people}, {recipe.backbone}{ranks}")
        if self.parts.left_out:
            self.output.say(f"{self.parts.left_out:,} people were left out by name")
        if self.parts.too_few:
            self.output.say(f"{self.parts.too_few:,} people with fewer than {recipe.min_images} images were left out")
        if self.records:
            self.output.say(f"  going on after step {self.records[-1].step}")


def free(place: Path) -> Path:
    """The folder itself, or one beside it if something is there."""
    while place.exists():
        place = place.with_name(f"{place.name}-")
    return place


def line(progress: Progress) -> str:
    found = [f"  {words(name)} {100 * value:.2f} %" for name, value in progress.validation.items()]
    return f"epoch {progress.epoch:.1f}  loss {progress.loss:.3f}{''.join(found)}"
