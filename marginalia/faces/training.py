"""The training loop of a recogniser: a generator of progress, the same on every rank."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from marginalia.core.errors import InputError
from marginalia.data.images import USUAL
from marginalia.faces.batches import Batch, Crops, batches
from marginalia.faces.embedder import NetworkEmbedder
from marginalia.faces.learner import FaceLearner
from marginalia.faces.pairs import all_pairs
from marginalia.faces.people import Parts
from marginalia.faces.protocol import LFW, cosine, scores_of_pairs, verify
from marginalia.faces.training_spec import TrainingSpec
from marginalia.faces.verification_set import VerificationSet, folds_of
from marginalia.training.agreement import on_this_rank
from marginalia.training.ranks import Ranks
from marginalia.training.roc import roc
from marginalia.training.steps import DivergedError, take_steps

EER, ON_SET = "validation_eer", "validation_set_"
AUTOCAST = {"bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True)
class Progress:
    """steps done, of how many; loss: mean since the progress before.

    validation: where it was judged, at the end of an epoch or where `every` asks for it: "validation_eer" of all pairs
    of the people set aside, "validation_set_NAME" the accuracy on a verification set.
    """

    step: int
    steps: int
    epoch: float
    loss: float
    ends_epoch: bool
    validation: dict[str, float] = field(default_factory=dict)

    @property
    def judges(self) -> str:
        """What the score is of: another one cannot be compared with it."""
        return ", ".join(name for name in self.validation if name != EER) or EER

    @property
    def score(self) -> float | None:
        """What the best weights are chosen by: the mean accuracy on the sets, else 1 - EER, else nothing."""
        sets = [value for name, value in self.validation.items() if name != EER]
        if sets:
            return float(np.mean(sets))
        return 1 - self.validation[EER] if self.validation else None


@dataclass(frozen=True)
class Judging:
    """sets: verification sets that judge the model. every: after so many steps, or 0 for the end of each epoch."""

    sets: tuple[VerificationSet, ...] = ()
    every: int = 0


def make_learner(training: TrainingSpec, parts: Parts, ranks: Ranks, device: torch.device) -> FaceLearner:
    steps, classes = training.steps(len(parts.train)), len(parts.train.people)
    autocast = AUTOCAST.get(training.precision)
    return FaceLearner(
        training.recipe, training.spec, classes, training.seed, steps, ranks, device, autocast=autocast,
        pretrained=training.pretrained,
    )  # fmt: skip


def train(
    training: TrainingSpec, parts: Parts, learner: FaceLearner, first: int, workers: int = 0,
    judging: Judging | None = None, crops: Crops | None = None,
) -> Iterator[Progress]:  # fmt: skip
    """The steps from `first` on. Raises DivergedError when the loss or a weight is no longer finite."""
    recipe, steps = training.recipe, training.steps(len(parts.train))
    each = steps // recipe.epochs
    seen = batches(parts.train, recipe, training.seed, range(first, steps), learner.ranks, workers, crops)
    ends = range(each, steps + 1, each)
    judging = judging or Judging()
    judged = range(judging.every, steps + 1, judging.every) if judging.every else ends
    due = {*ends, *judged}
    for done, losses in take_steps(learner.step, without_traceback(seen, learner.ranks), first, due):
        if done in ends and not learner.is_finite():
            raise DivergedError(f"the weights are not finite after step {done}")
        found = validate(learner, parts, recipe.shape, judging.sets) if done in judged or done == steps else {}
        yield Progress(done, steps, done / each, float(np.mean(losses)), done in ends, found)


def without_traceback(seen: Iterator[Batch], ranks: Ranks) -> Iterator[Batch]:
    """The batches. Each rank reads images of its own, so that the others do not know of one that cannot be read.

    Processes that read (`workers`) put their traceback before the message.
    """
    with on_this_rank(ranks):
        try:
            yield from seen
        except InputError as error:
            raise InputError(str(error).rpartition("InputError: ")[2]) from None


def validate(
    learner: FaceLearner, parts: Parts, shape: tuple[int, int], sets: Sequence[VerificationSet] = ()
) -> dict[str, float]:
    """EER of all pairs of the validation images and accuracy on each set, by the first rank; empty on the others."""
    folder, found = parts.validation, dict[str, float]()
    if learner.ranks.first and (folder is not None or sets):
        embedder = NetworkEmbedder(learner.judged, shape, learner.device, learner.autocast)
        if folder is not None:
            features = embedder.embed(folder.paths(), folder.reading, flipped=False)
            pairs, left, right = all_pairs(folder)
            found[EER] = roc(scores_of_pairs(cosine, features, left, right), pairs.same).eer
        for pairs_of_set in sets:
            found[ON_SET + pairs_of_set.name] = accuracy_on(embedder, pairs_of_set)
    learner.ranks.wait()
    return found


def accuracy_on(embedder: NetworkEmbedder, pairs: VerificationSet) -> float:
    """Mean of ten folds with exact thresholds; the images alone, not mirrored."""
    features = embedder.embed(pairs.images, USUAL, flipped=False)
    folds = folds_of(len(pairs.same))
    return verify(features[0::2], features[1::2], pairs.same, folds, LFW, cosine).mean
