"""The training loop: a generator of progress, with a snapshot wherever one is due."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from marginalia.config.run_config import ALL, RunConfig
from marginalia.data.dataset import Dataset, Split
from marginalia.losses.floor import loss_floor
from marginalia.record.metrics import measure
from marginalia.record.snapshot import HELD_OUT, VALIDATION, Snapshot
from marginalia.training.checkpoint import Checkpoint, checkpoint_of, restore
from marginalia.training.collapse import neural_collapse
from marginalia.training.image_learner import DisplayedImages, ImageLearner
from marginalia.training.open_set import verification
from marginalia.training.ranks import ALONE, Ranks
from marginalia.training.steps import DivergedError, indices, steps_of_epoch, take_steps

FIRST_EPOCH = (1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2)


@dataclass(frozen=True)
class Progress:
    """How far training is: steps done, `epoch` as a fraction, the latest loss, and a snapshot if one was due.

    checkpoint comes with every snapshot but the first; it shares its tensors with training, so it must be written
    before the next progress is asked for.
    """

    step: int
    epoch: float
    loss: float
    snapshot: Snapshot | None = None
    checkpoint: Checkpoint | None = None


def train(
    config: RunConfig, dataset: Dataset, start: Checkpoint | None = None, ranks: Ranks = ALONE
) -> Iterator[Progress]:
    """Trains one run and yields its progress, first the snapshot before training; or goes on from a checkpoint.

    Raises DivergedError when the loss or a feature is no longer finite.
    """
    steps = count_steps(config, dataset)
    learner = ImageLearner(config, dataset.train.images, len(dataset.class_names), steps, ranks)
    displayed = displayed_images(config, dataset)
    schedule = snapshot_schedule(config, dataset)
    floor = floor_of(config, dataset)
    if start is None:
        yield Progress(0, 0.0, float("nan"), evaluate(learner, displayed, 0.0, 0, float("nan"), floor))
    else:
        restore(learner, start)
    first = start.steps_done if start else 0
    batches = batches_of(dataset.train, learner.device, config, range(first, steps))
    since_snapshot: list[float] = []
    for done, losses in take_steps(lambda batch: learner.step(*batch), batches, first, schedule):
        since_snapshot += losses
        epoch = done / steps_an_epoch(config, dataset)
        if done not in schedule:
            yield Progress(done, epoch, losses[-1])
            continue
        snapshot = evaluate(learner, displayed, schedule[done], done, float(np.mean(since_snapshot)), floor)
        since_snapshot.clear()
        yield Progress(done, epoch, losses[-1], snapshot, checkpoint_of(learner, done))


def floor_of(config: RunConfig, dataset: Dataset) -> float:
    """The least loss that this run can reach, see `loss_floor`; NaN too where its margin is held back by a lambda."""
    if config.training.lambda_start:
        return math.nan
    counts = np.bincount(dataset.train.labels, minlength=len(dataset.class_names))
    return loss_floor(config.loss, tuple(counts.tolist()), config.model.visual_dimension)


def count_steps(config: RunConfig, dataset: Dataset) -> int:
    """Steps of the whole run; what is left of an epoch after its last full batch waits for the next epoch."""
    return max(1, round(config.training.epochs * steps_an_epoch(config, dataset)))


def steps_an_epoch(config: RunConfig, dataset: Dataset) -> int:
    return steps_of_epoch(len(dataset.train), config.training.batch_size)


def snapshot_schedule(config: RunConfig, dataset: Dataset) -> dict[int, float]:
    """The number of steps done at which a snapshot is due, with its epoch.

    geometric: in the first epoch, where a space changes fastest, at 1/64, 1/32, … 1/2 of it; then after each epoch. The
    last one is at the end of the run, also within an epoch.
    """
    asked, epochs = config.training.snapshots, config.training.epochs
    steps_per_epoch = steps_an_epoch(config, dataset)
    cuts = 1 if isinstance(asked, str) else min(asked, steps_per_epoch)
    due = [cut / cuts for cut in range(1, math.floor(epochs * cuts) + 1)]
    if isinstance(asked, str):
        due = [share for share in FIRST_EPOCH if share < epochs] + due
    found = {round(epoch * steps_per_epoch): float(epoch) for epoch in due}
    found.pop(0, None)
    return found | {count_steps(config, dataset): float(epochs)}


def batches_of(
    split: Split, device: torch.device, config: RunConfig, steps: range
) -> Iterator[tuple[int, torch.Tensor, torch.Tensor]]:
    """(step, uint8 images, int64 labels) of these steps."""
    images = torch.tensor(split.images, device=device)
    labels = torch.tensor(split.labels, device=device)
    batch_size = min(config.training.batch_size, len(split))
    for step, chosen in zip(steps, indices(len(split), batch_size, config.training.seed, steps), strict=True):
        on_device = torch.from_numpy(chosen).to(device)
        yield step, images[on_device], labels[on_device]


def displayed_images(config: RunConfig, dataset: Dataset) -> DisplayedImages:
    """The same images in every snapshot of a run; which ones follows from the seed."""

    def some(split: Split, setting: int | str) -> Split:
        return split.sample(None if setting == ALL else int(setting), config.training.seed)

    held_out = some(dataset.held_out, config.data.test_points) if dataset.held_out is not None else None
    splits = {
        "train": some(dataset.train, config.data.train_points), "test": some(dataset.test, config.data.test_points)
    }  # fmt: skip
    return DisplayedImages(splits | ({VALIDATION: dataset.validation} if dataset.validation else {}), held_out)


def evaluate(
    learner: ImageLearner, displayed: DisplayedImages, epoch: float, step: int, loss: float, floor: float
) -> Snapshot:
    """The snapshot; DivergedError if features or class weights are not finite, so that none of it is saved."""
    found = learner.evaluate(displayed)
    splits = {name: seen.points for name, seen in found.splits.items()}
    splits |= {HELD_OUT: found.held_out} if found.held_out is not None else {}
    if not all(np.isfinite(numbers).all() for numbers in (*(p.features for p in splits.values()), found.class_weights)):
        raise DivergedError(f"features are no longer finite at epoch {epoch:g}")
    metrics = measure(found.splits, found.class_weights, loss, floor)
    metrics |= neural_collapse(splits["train"], found.class_weights)
    if found.held_out is not None:
        metrics |= verification(found.held_out, splits["test"])
    return Snapshot(epoch, step, splits, found.class_weights, metrics, psi=found.psi)
