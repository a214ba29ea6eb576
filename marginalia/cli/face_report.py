"""What can be seen of a training of faces while it goes on: a record of ten people, latest.png, a page, TensorBoard."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from marginalia.callbacks.tensorboard import write_snapshot
from marginalia.core.files import write_whole
from marginalia.core.margin import MarginSpec
from marginalia.core.names import file_name
from marginalia.data.images import read_pixels
from marginalia.faces.embedder import NetworkEmbedder
from marginalia.faces.folder import FaceFolder
from marginalia.faces.learner import FaceLearner, rate_at
from marginalia.faces.training import EER, ON_SET
from marginalia.faces.training_spec import TrainingSpec
from marginalia.record.description import DrawnHead
from marginalia.record.recorder import Recorder
from marginalia.record.run_files import holds_run
from marginalia.record.snapshot import Record, Snapshot
from marginalia.record.store import read_run, run_of
from marginalia.record.thumbnails import SIDE, write_thumbnails
from marginalia.viz.movie import png_bytes
from marginalia.viz.page.assemble import page_bytes
from marginalia.viz.style import Style
from marginalia.viz.training_sheet import Curve, TrainingSheet

PEOPLE, IMAGES_OF_ONE = 10, 20
SPLIT = "train"
RECORD, LATEST, PAGE = "people", "latest.png", "index.html"
MOST_LOSSES = 500
MOST_SETS = 3
SECONDS_BETWEEN_PICTURES = 10.0


class FaceReport:
    """Of one training in its folder, which the first rank writes.

    board: a SummaryWriter, or None.
    """

    def __init__(self, training: TrainingSpec, train_part: FaceFolder, folder: Path, goes_on: bool, board: Any = None):
        self.training, self.folder, self.board = training, folder, board
        self.people = shown_people(train_part)
        self.part = some_images(train_part.only(train_part.people[number] for number in self.people))
        self.losses: list[tuple[float, float]] = []
        self.drawn = float("-inf")
        head = DrawnHead(training.spec, training.head) if isinstance(training.spec, MarginSpec) else None
        there = goes_on and holds_run(folder / RECORD)
        names = [file_name(name).replace("_", " ") for name in self.part.people]
        self.recorder = Recorder(
            folder / RECORD, names, lossname=training.head, head=head, resume=there, overwrite=not there
        )

    def step(self, epoch: float, loss: float) -> None:
        """Remembers a loss; of very many, every second one is kept."""
        self.losses.append((epoch, loss))
        if len(self.losses) > MOST_LOSSES:
            self.losses = self.losses[1::2]

    def record(self, learner: FaceLearner, records: Sequence[Record], weights: np.ndarray) -> None:
        """The ten people and their class weights at the end of an epoch, and latest.png; by the first rank."""
        embedder = NetworkEmbedder(learner.judged, self.training.recipe.shape, learner.device, learner.autocast)
        features = embedder.embed(self.part.paths(), self.part.reading, flipped=False)
        last = records[-1]
        self.recorder.add(
            last.epoch, {SPLIT: features}, {SPLIT: self.part.labels}, weights=weights, step=last.step,
            metrics=last.metrics,
        )  # fmt: skip
        if last.step == learner.steps or time.monotonic() - self.drawn > SECONDS_BETWEEN_PICTURES:
            write_whole(self.folder / LATEST, png_bytes(self.sheet(learner, records).image(0)))
            self.drawn = time.monotonic()
        if self.board is not None and self.recorder.description is not None:
            write_snapshot(self.board, self.recorder.description, self.snapshot())

    def snapshot(self) -> Snapshot:
        return read_run(self.folder / RECORD).snapshots[-1]

    def sheet(self, learner: FaceLearner, records: Sequence[Record]) -> TrainingSheet:
        assert self.recorder.description is not None
        recipe, steps = self.training.recipe, learner.steps
        epochs = np.array([record.epoch for record in records])
        losses = np.array([*((record.epoch, record.metrics["loss"]) for record in records if not self.losses
                             or record.epoch < self.losses[0][0]), *self.losses])  # fmt: skip
        last = records[-1]
        so_far = np.linspace(0, last.step, 100) / steps
        rates = np.array([recipe.lr * rate_at(min(share, 1 - 1e-9), recipe) for share in so_far])
        curves = {
            "loss": Curve(losses[:, 0], losses[:, 1], f"{last.metrics['loss']:.3f}"),
            "learning rate": Curve(so_far * recipe.epochs, rates, f"{rates[-1]:.3g}"),
        }
        for title, names in shown_validations(list(last.metrics)).items():
            measured = np.array([np.mean([record.metrics.get(name, np.nan) for name in names]) for record in records])
            curves[title] = Curve(epochs, 100 * measured, f"{100 * measured[-1]:.2f} %")
        note = f"{recipe.backbone}, epoch {last.epoch:g} of {recipe.epochs}"
        run = run_of(self.recorder.description, [self.snapshot()])
        return TrainingSheet(curves, self.training.head, note, run, SPLIT, Style())

    def close(self) -> Path:
        """Ends the record and makes the page of it."""
        from marginalia.draw import page_part
        from marginalia.record.store import read_description

        self.recorder.close()
        record = self.folder / RECORD
        pictures = [thumbnail(self.part, number) for number in range(len(self.part))]
        write_thumbnails(record, {SPLIT: np.stack(pictures)})
        page, images = page_part(read_run(record), read_description(record), self.folder, record, Style(), {})
        write_whole(self.folder / PAGE, page_bytes([page], [images], Style()))
        return self.folder / PAGE


def words(name: str) -> str:
    """A validation's name for people."""
    return "validation EER" if name == EER else f"validation {name.removeprefix(ON_SET)}"


def shown_validations(metrics: Sequence[str]) -> dict[str, list[str]]:
    """The curves of a picture: title -> the numbers whose mean it shows. Of many sets there is one curve."""
    sets = [name for name in metrics if name.startswith(ON_SET)]
    found = {words(EER): [EER]} if EER in metrics else {}
    if len(sets) > MOST_SETS:
        return found | {f"validation, mean of {len(sets)} sets": sets}
    return found | {words(name): [name] for name in sets}


def shown_people(folder: FaceFolder) -> list[int]:
    """The numbers of the ten people of the most images."""
    order = np.argsort(-folder.counts(), kind="stable")
    return sorted(order[:PEOPLE].tolist())


def some_images(folder: FaceFolder) -> FaceFolder:
    """The first images of each person."""
    starts = np.searchsorted(folder.labels, np.arange(len(folder.people)))
    kept = np.flatnonzero(np.arange(len(folder)) - starts[folder.labels] < IMAGES_OF_ONE)
    return folder.part(kept)


def thumbnail(folder: FaceFolder, number: int) -> np.ndarray:
    return 255 - read_pixels(folder.path(number), "L", folder.reading, (SIDE, SIDE))
