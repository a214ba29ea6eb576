"""The training loop: a generator of progress, with a snapshot wherever one is due."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from marginalia.config.run_config import ALL, RunConfig
from marginalia.core.errors import InputError
from marginalia.data.dataset import Dataset, Split
from marginalia.record.metrics import measure
from marginalia.record.snapshot import HELD_OUT, SPLITS, Snapshot
from marginalia.training.checkpoint import Checkpoint, restore, take
from marginalia.training.learner import Learner, Shown
from marginalia.training.open_set import verification
from marginalia.training.ranks import ALONE, Ranks

STEPS_BETWEEN_REPORTS = 8
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

    Raises InputError naming the step when the loss is no longer finite.
    """
    batch_size = min(config.training.batch_size, len(dataset.train))
    steps = count_steps(config, dataset)
    steps_per_epoch = steps_an_epoch(config, dataset)
    learner = Learner(config, dataset.train.images, len(dataset.class_names), steps, ranks)
    shown = images_shown(config, dataset)
    due = moments(config, dataset)
    losses: list[torch.Tensor] = []
    since_snapshot: list[float] = []
    if start is None:
        yield Progress(0, 0.0, float("nan"), look(learner, shown, 0.0, 0, float("nan")))
    else:
        restore(learner, start)
    first = start.steps_done if start else 0
    for step, images, labels in batches(dataset.train, learner.device, config, batch_size, range(first, steps)):
        losses.append(learner.step(step, images, labels))
        done = step + 1
        if done not in due and done % STEPS_BETWEEN_REPORTS:
            continue
        since_snapshot += finite(losses, done)
        losses.clear()
        epoch, loss = done / steps_per_epoch, since_snapshot[-1]
        if done not in due:
            yield Progress(done, epoch, loss)
            continue
        snapshot = look(learner, shown, due[done], done, float(np.mean(since_snapshot)))
        since_snapshot.clear()
        yield Progress(done, epoch, loss, snapshot, take(learner, done))


def count_steps(config: RunConfig, dataset: Dataset) -> int:
    """Steps of the whole run; what is left of an epoch after its last full batch waits for the next epoch."""
    return max(1, round(config.training.epochs * steps_an_epoch(config, dataset)))


def steps_an_epoch(config: RunConfig, dataset: Dataset) -> int:
    return len(dataset.train) // min(config.training.batch_size, len(dataset.train))


def moments(config: RunConfig, dataset: Dataset) -> dict[int, float]:
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


def batches(
    split: Split, device: torch.device, config: RunConfig, batch_size: int, steps: range
) -> Iterator[tuple[int, torch.Tensor, torch.Tensor]]:
    """(step, uint8 images, int64 labels) of these steps; the order of each epoch follows from the seed alone."""
    images = torch.tensor(split.images, device=device)
    labels = torch.tensor(split.labels, device=device)
    steps_per_epoch = len(split) // batch_size
    shuffled = None
    for step in steps:
        epoch, number = divmod(step, steps_per_epoch)
        if shuffled is None or number == 0:
            order = np.random.default_rng((config.training.seed, epoch)).permutation(len(split))
            shuffled = torch.from_numpy(order).to(device)
        chosen = shuffled[number * batch_size : (number + 1) * batch_size]
        yield step, images[chosen], labels[chosen]


def finite(losses: list[torch.Tensor], done: int) -> list[float]:
    """The losses of the last steps as numbers; InputError naming the first step that has none."""
    values = torch.stack(losses).tolist()
    for step, value in enumerate(values, start=done - len(values) + 1):
        if not np.isfinite(value):
            raise diverged(f"the loss is {value} at step {step}")
    return values


def diverged(what: str) -> InputError:
    return InputError(
        f"{what}; what was saved until then is kept; try a lower --lr, a smaller margin or --precision fp32"
    )


def images_shown(config: RunConfig, dataset: Dataset) -> Shown:
    """The same images in every snapshot of a run; which ones follows from the seed."""

    def some(split: Split, setting: int | str) -> Split:
        return split.sample(None if setting == ALL else int(setting), config.training.seed)

    unseen = some(dataset.unseen, config.data.test_points) if dataset.unseen is not None else None
    return Shown(some(dataset.train, config.data.train_points), some(dataset.test, config.data.test_points), unseen)


def look(learner: Learner, shown: Shown, epoch: float, step: int, loss: float) -> Snapshot:
    """The snapshot; InputError if features or class weights are not finite, so that none of it is saved."""
    seen = learner.observe(shown)
    splits = dict(zip(SPLITS, (seen.train.points, seen.test.points), strict=True))
    splits |= {HELD_OUT: seen.unseen} if seen.unseen is not None else {}
    if not all(np.isfinite(numbers).all() for numbers in (*(p.features for p in splits.values()), seen.class_weights)):
        raise diverged(f"features are no longer finite at epoch {epoch:g}")
    metrics = measure(seen.train, seen.test, seen.class_weights, loss)
    if seen.unseen is not None:
        metrics |= verification(seen.unseen, seen.test.points)
    return Snapshot(epoch, step, splits, seen.class_weights, metrics, psi=seen.psi)
