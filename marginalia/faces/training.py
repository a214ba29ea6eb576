"""The training loop of a recogniser: a generator of progress, the same on every rank."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from marginalia.core.errors import InputError
from marginalia.faces.batches import Batch, batches
from marginalia.faces.embedder import NetworkEmbedder
from marginalia.faces.learner import FaceLearner
from marginalia.faces.pairs import all_pairs
from marginalia.faces.people import Parts
from marginalia.faces.protocol import cosine, scores_of_pairs
from marginalia.faces.training_spec import TrainingSpec
from marginalia.training.agreement import on_this_rank
from marginalia.training.ranks import Ranks
from marginalia.training.roc import roc
from marginalia.training.steps import DivergedError, take_steps

AUTOCAST = {"bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True)
class Progress:
    """steps done, of how many; loss: mean since the progress before. eer: of the validation, at the end of an epoch."""

    step: int
    steps: int
    epoch: float
    loss: float
    ends_epoch: bool
    eer: float | None = None


def make_learner(training: TrainingSpec, parts: Parts, ranks: Ranks, device: torch.device) -> FaceLearner:
    steps, classes = training.steps(len(parts.train)), len(parts.train.people)
    autocast = AUTOCAST.get(training.precision)
    return FaceLearner(training.recipe, training.spec, classes, training.seed, steps, ranks, device, autocast=autocast)


def train(
    training: TrainingSpec, parts: Parts, learner: FaceLearner, first: int, workers: int = 0
) -> Iterator[Progress]:
    """The steps from `first` on. Raises DivergedError when the loss or a weight is no longer finite."""
    recipe, steps = training.recipe, training.steps(len(parts.train))
    each = steps // recipe.epochs
    seen = batches(parts.train, recipe, training.seed, range(first, steps), learner.ranks, workers)
    ends = range(each, steps + 1, each)
    for done, losses in take_steps(learner.step, without_traceback(seen, learner.ranks), first, ends):
        if done in ends and not learner.is_finite():
            raise DivergedError(f"the weights are not finite after step {done}")
        eer = validate(learner, parts, recipe.shape) if done in ends else None
        yield Progress(done, steps, done / each, float(np.mean(losses)), done in ends, eer)


def without_traceback(seen: Iterator[Batch], ranks: Ranks) -> Iterator[Batch]:
    """The batches. Each rank reads images of its own, so that the others do not know of one that cannot be read.

    Processes that read (`workers`) put their traceback before the message.
    """
    with on_this_rank(ranks):
        try:
            yield from seen
        except InputError as error:
            raise InputError(str(error).rpartition("InputError: ")[2]) from None


def validate(learner: FaceLearner, parts: Parts, shape: tuple[int, int]) -> float | None:
    """Equal error rate of all pairs of the validation images, by the first rank; None without validation."""
    folder = parts.validation
    if folder is None:
        return None
    eer = None
    if learner.ranks.first:
        embedder = NetworkEmbedder(learner.judged, shape, learner.device, learner.autocast)
        features = embedder.embed(folder.paths(), folder.reading, flipped=False)
        pairs, left, right = all_pairs(folder)
        eer = roc(scores_of_pairs(cosine, features, left, right), pairs.same).eer
    learner.ranks.wait()
    return eer
