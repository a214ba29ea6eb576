"""The training loop of a recogniser: a generator of progress, the same on every rank."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from marginalia.core.errors import InputError
from marginalia.faces.batches import Batch, batches
from marginalia.faces.embedder import NetworkEmbedder
from marginalia.faces.job import Job
from marginalia.faces.learner import Learner
from marginalia.faces.measures import roc
from marginalia.faces.pairs import all_pairs
from marginalia.faces.people import Parts
from marginalia.faces.protocol import cosine, scores_of_pairs
from marginalia.training.agreement import on_this_rank
from marginalia.training.ranks import Ranks

STEPS_BETWEEN_REPORTS = 10


class DivergedError(InputError):
    """Loss or weights are no longer finite."""


@dataclass(frozen=True)
class Progress:
    """steps done, of how many; loss: mean since the progress before. eer: of the validation, at the end of an epoch."""

    step: int
    steps: int
    epoch: float
    loss: float
    ends_epoch: bool
    eer: float | None = None


def make_learner(job: Job, parts: Parts, ranks: Ranks, device: torch.device) -> Learner:
    steps, classes = job.steps(len(parts.train)), len(parts.train.people)
    return Learner(
        job.recipe, job.spec, classes, job.seed, steps, ranks, device, bfloat16=job.precision == "bf16"
    )  # fmt: skip


def train(job: Job, parts: Parts, learner: Learner, first: int, workers: int = 0) -> Iterator[Progress]:
    """The steps from `first` on. Raises DivergedError naming the step when that is so."""
    recipe, steps = job.recipe, job.steps(len(parts.train))
    each = steps // recipe.epochs
    losses: list[torch.Tensor] = []
    seen = batches(parts.train, recipe, job.seed, range(first, steps), learner.ranks, workers)
    for batch in told_by_its_reader(seen, learner.ranks):
        losses.append(learner.step(batch))
        done = batch.step + 1
        ends_epoch = done % each == 0
        if not ends_epoch and len(losses) < STEPS_BETWEEN_REPORTS:
            continue
        loss = finite_mean(losses, done)
        losses.clear()
        if ends_epoch and not learner.is_finite():
            raise DivergedError(f"the weights are not finite after step {done}")
        eer = validate(learner, parts, recipe.shape) if ends_epoch else None
        yield Progress(done, steps, done / each, loss, ends_epoch, eer)


def told_by_its_reader(seen: Iterator[Batch], ranks: Ranks) -> Iterator[Batch]:
    """The batches. Each rank reads images of its own, so that the others do not know of one that cannot be read.

    Processes that read (`workers`) put their traceback before the message.
    """
    with on_this_rank(ranks):
        try:
            yield from seen
        except InputError as error:
            raise InputError(str(error).rpartition("InputError: ")[2]) from None


def finite_mean(losses: list[torch.Tensor], done: int) -> float:
    values = torch.stack(losses).tolist()
    for step, value in enumerate(values, start=done - len(values) + 1):
        if not np.isfinite(value):
            raise DivergedError(f"the loss is {value} at step {step}")
    return float(np.mean(values))


def validate(learner: Learner, parts: Parts, shape: tuple[int, int]) -> float | None:
    """Equal error rate of all pairs of the validating people's images, by the first rank; None where nobody does."""
    folder = parts.validation
    if folder is None:
        return None
    eer = None
    if learner.ranks.first:
        embedder = NetworkEmbedder(learner.backbone, shape, learner.device, learner.bfloat16)
        features = embedder.embed(folder.paths(), folder.reading, flipped=False)
        pairs, left, right = all_pairs(folder)
        eer = roc(scores_of_pairs(cosine, features, left, right), pairs.same).eer
    learner.ranks.wait()
    return eer
