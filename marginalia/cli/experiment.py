"""One run from the first step to the GIFs: what training yields is saved, shown and drawn."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from marginalia.callbacks.tensorboard import write_snapshot as write_to_board
from marginalia.cli.pages import NAME as PAGE
from marginalia.cli.run_output import RunOutput
from marginalia.config.run_config import RunConfig
from marginalia.core.errors import InputError, StoppedError
from marginalia.core.files import write_whole
from marginalia.core.margin import margin_too_large
from marginalia.core.run_log import command_line, command_to_go_on, logging_to
from marginalia.data.dataset import Dataset
from marginalia.point_images import images_of
from marginalia.record.run_files import clear
from marginalia.record.snapshot import SPLITS, Run, Snapshot
from marginalia.record.store import read_run, run_of
from marginalia.training.agreement import on_this_rank, starting, with_all_ranks
from marginalia.training.checkpoint import NAME as CHECKPOINT
from marginalia.training.checkpoint import Checkpoint
from marginalia.training.lock import locked
from marginalia.training.loop import Progress, count_steps, train
from marginalia.training.ranks import ALONE, Ranks
from marginalia.training.recording import Recording
from marginalia.training.resume import existing_run
from marginalia.viz.frames import SquareFrame
from marginalia.viz.labels import without_font
from marginalia.viz.movie import draw_run, draw_turn, png_bytes
from marginalia.viz.page.assemble import write_page
from marginalia.viz.style import Style
from marginalia.viz.timing import Timing

MOST_FRAMES_AT_A_STOP = 8


def run_experiment(
    config: RunConfig, dataset: Dataset, folder: Path, overwrite: bool = False, verbose: bool = False,
    ranks: Ranks = ALONE, tensorboard: bool = False, record_only: bool = False,
) -> None:  # fmt: skip
    """Trains one run into `folder` and draws it; goes on with an unfinished one, leaves a finished one alone.

    record_only: whether it is left undrawn. tensorboard: whether `folder/tensorboard` gets frames, metrics and points.

    Raises InputError if another process works in the folder, if it holds a run with other settings, or if what it
    holds is damaged; StoppedError after Ctrl-C, when GIFs of what there is were drawn. Of several ranks the first one
    does all this, and the others only train with it.
    """
    if not ranks.first:
        follow(config, dataset, ranks)
        return
    with (
        starting(ranks) as start,
        locked(folder, "other --outputs"),
        logging_to(folder / "log.txt", verbose) as log,
    ):
        experiment = Experiment(config, dataset, folder, log, ranks, start, record_only, tensorboard)
        log.info("%s", command_line())
        log.info("%s", experiment.description.made_with)
        log.info("%s", asdict(config))
        experiment.run(overwrite)


def follow(config: RunConfig, dataset: Dataset, ranks: Ranks) -> None:
    """Trains with the first rank if there is something to train; the first rank saves the results."""
    trains, start = ranks.broadcast(None)
    if trains:
        with with_all_ranks(ranks):
            for _ in train(config, dataset, start, ranks):
                pass


class Experiment(Recording):
    """A run that tells how far it is and draws itself.

    start: lets the other ranks train too, from a checkpoint or none. record_only: whether the run is left undrawn.
    """

    def __init__(
        self, config: RunConfig, dataset: Dataset, folder: Path, log: logging.Logger, ranks: Ranks,
        start: Callable[[Checkpoint | None], None], record_only: bool = False, tensorboard: bool = False,
    ):  # fmt: skip
        super().__init__(config, dataset, folder)
        self.ranks, self.start = ranks, start
        self.log, self.output = log, RunOutput(log)
        self.latest: SquareFrame | None = None
        self.record_only, self.tensorboard, self.board = record_only, tensorboard, None

    def run(self, overwrite: bool = False) -> None:
        """Does what is left to do: training, drawing, or nothing."""
        try:
            if overwrite:
                clear(self.folder)
            found = existing_run(self.folder, self.description)
            if not found.finished:
                self.train_from(found.snapshots)
            elif self.record_only or all((self.folder / f"{split}.gif").exists() for split in SPLITS):
                self.output.say(f"{self.config.name}: finished already, in {self.folder}; --overwrite trains it again")
                return
            if not self.record_only:
                run = read_run(self.folder)
                self.draw(run, range(len(run.snapshots)), stills=True)
                self.make_page(run)
            if not found.finished:  # else it says what made its numbers, and stays
                self.finish()
            (self.folder / CHECKPOINT).unlink(missing_ok=True)
        except KeyboardInterrupt:
            raise StoppedError(f"stopped; what was computed is kept; go on with: {command_to_go_on()}") from None

    def train_from(self, found: list[Snapshot]) -> None:
        """Trains what is left; if it stops on the way, draws GIFs of what there is."""
        start = self.restart(found)
        try:
            with with_all_ranks(self.ranks):
                self.train(start)
        except (KeyboardInterrupt, InputError):
            if not self.record_only:
                self.draw_what_there_is()
            raise

    def draw_what_there_is(self) -> None:
        """Draws GIFs at a stop. If that fails too, the log has the reason, and the user sees the reason of the stop."""
        try:
            if self.records:
                run = read_run(self.folder)
                self.draw(run, thinned(len(run.snapshots)), stills=False)
        except (InputError, OSError) as error:
            self.log.warning("no GIFs at the stop: %s", error)

    def train(self, start: Checkpoint | None) -> None:
        """Every step that is left, saving each snapshot and then the checkpoint from which to go on."""
        if self.tensorboard:
            self.board = summary_writer(self.folder / "tensorboard")
        steps = count_steps(self.config, self.dataset)
        images, epochs = len(self.dataset.train), self.config.training.epochs
        self.output.say(f"{self.config.name}: {images:,} training images, {epochs:g} epoch(s) -> {self.folder}")
        if start is not None:
            self.output.say(f"  going on after epoch {self.records[-1].epoch:g}")
        line = margin_too_large(self.config.loss, len(self.dataset.class_names), self.config.model.visual_dimension)
        if line is not None:
            self.output.say(f"  {line}")
        self.start(start)
        with self.output.training(steps):
            for progress in train(self.config, self.dataset, start, self.ranks):
                if progress.snapshot is not None:
                    with on_this_rank(self.ranks):
                        self.keep(progress.snapshot, progress.checkpoint)
                self.output.progress(progress.step, self.numbers(progress), progress.snapshot is not None)
        accuracy = 100 * self.records[-1].metrics["test_accuracy"]
        self.output.say(f"{self.config.name}: test accuracy {accuracy:.2f} %, trained in {self.output.duration}")

    def numbers(self, progress: Progress) -> str:
        """Epoch, loss and accuracy. Before the first step there is no loss."""
        digits = 1 if self.config.training.snapshots == 1 else 2
        loss = f"  loss {progress.loss:.3f}" if math.isfinite(progress.loss) else ""
        accuracy = 100 * self.records[-1].metrics["test_accuracy"]
        return f"epoch {progress.epoch:.{digits}f}{loss}  test {accuracy:.2f} %"

    def keep(self, snapshot: Snapshot, checkpoint: Checkpoint | None) -> None:
        super().keep(snapshot, checkpoint)
        if self.latest is not None:
            write_whole(self.folder / "latest.png", png_bytes(self.latest.image(0)))
        if self.board is not None:
            write_to_board(self.board, self.description, snapshot)
        self.log.info("epoch %g: %s", snapshot.epoch, snapshot.metrics)

    def note(self, snapshot: Snapshot) -> None:
        """And how far its points reach."""
        super().note(snapshot)
        if not self.record_only:
            alone = run_of(self.description, [snapshot])
            self.latest = self.latest or SquareFrame(alone, "test", Style())
            self.latest.widen(alone)

    def draw(self, run: Run, span: range, stills: bool) -> None:
        """The GIFs of these snapshots; `stills`: and a PNG of each frame."""
        for split in SPLITS:
            self.output.say(str(draw_run(run, self.folder, split, Style(), Timing(), span, stills)))
            if stills and self.config.model.visual_dimension == 3:
                self.output.say(str(draw_turn(run, self.folder, split, Style())))
        missing = without_font()
        if missing is not None:
            self.output.say(missing)

    def make_page(self, run: Run) -> None:
        """The page of a 2-D run. A run is complete without it, so no error here stops the run."""
        if run.dimension != 2:
            return
        try:
            images = images_of(run, self.description, self.dataset)
            write_page(self.folder / PAGE, [run], [images], Style())
            self.output.say(str(self.folder / PAGE))
        except Exception as error:  # whatever it is; log.txt has the traceback
            self.log.exception("no page")
            click.echo(f"{self.config.name}: no page ({error})", err=True)


def summary_writer(folder: Path) -> Any:
    """Raises InputError where TensorBoard is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise InputError("--tensorboard needs tensorboard: pip install 'marginalia-viz[tensorboard]'") from None
    return SummaryWriter(str(folder))


def thinned(count: int) -> range:
    """Every n-th of `count` snapshots and the last one, few enough to be drawn while somebody waits."""
    step = max(1, math.ceil(count / MOST_FRAMES_AT_A_STOP))
    return range((count - 1) % step, count, step)
