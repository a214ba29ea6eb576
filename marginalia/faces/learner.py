"""The learner of a face recogniser: a backbone and a head whose class weights may be spread over the ranks."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from marginalia.config.run_config import LossSpec
from marginalia.core.margin import MarginSpec
from marginalia.faces.backbones import build_backbone
from marginalia.faces.batches import Batch, as_input
from marginalia.faces.heads import WholeHead, face_head, partial_margin
from marginalia.faces.recipe import Recipe
from marginalia.faces.sharded import ShardedHead
from marginalia.training.learner import Learner, decaying, one_cycle
from marginalia.training.ranks import Ranks

SAMPLING_STRIDE = 1_000_003


class FaceLearner(Learner):
    """What training changes. The seed decides its first state, which is the same on any number of ranks.

    dtype: float32, or float64 for tests. bfloat16: whether the backbone computes in it.
    """

    head: ShardedHead | WholeHead

    def __init__(
        self, recipe: Recipe, spec: LossSpec, classes: int, seed: int, steps: int, ranks: Ranks, device: torch.device,
        dtype: torch.dtype = torch.float32, bfloat16: bool = False,
    ):  # fmt: skip
        torch.manual_seed(seed)
        self.recipe, self.spec, self.steps, self.seed = recipe, spec, steps, seed
        backbone = build_backbone(recipe.backbone, recipe.dimension, recipe.shape)
        head = face_head(spec, recipe.dimension, classes, ranks, seed, recipe.sample_rate)
        sharded = isinstance(head, ShardedHead)
        super().__init__(backbone, head, ranks, device, bfloat16, recipe.clip_norm, dtype, sharded)
        self.optimizers = [sgd(recipe, part) for part in (self.parameters, self.shard) if part]

    def step(self, batch: Batch) -> Tensor:
        """One step of the optimisers; returns the loss of the whole batch, not yet read back."""
        self.network.train()
        self.head.train()
        if isinstance(self.head, ShardedHead):
            self.prepare(self.head, batch.step)
        features = self.encode(as_input(batch.pixels.to(self.device), self.dtype), self.network)
        loss = self.head_loss(features, batch.labels.to(self.device), batch.step)
        return self.update(loss, self.recipe.lr * rate_at(batch.step / self.steps, self.recipe))

    def head_loss(self, features: Tensor, labels: Tensor, step: int) -> Tensor:
        """Of the whole batch. Step and seed decide what heads draw by chance: all ranks must draw the same, while
        their backbones have drawn now more and now less, for images of their own."""
        with torch.random.fork_rng(devices=[]):
            torch.random.default_generator.manual_seed(self.seed * SAMPLING_STRIDE + step)
            return self.head.loss(features, labels, len(labels))

    def prepare(self, head: ShardedHead, step: int) -> None:
        """The margin of this step, and which negatives it sees."""
        warmup = self.recipe.margin_warmup * self.steps
        if warmup and isinstance(self.spec, MarginSpec):
            head.shard.spec = partial_margin(self.spec, min(1.0, step / warmup))
        head.sample((self.seed * SAMPLING_STRIDE + step) * SAMPLING_STRIDE + self.ranks.number)


def sgd(recipe: Recipe, parameters: list[nn.Parameter]) -> torch.optim.SGD:
    return torch.optim.SGD(decaying(parameters, recipe.weight_decay), lr=recipe.lr, momentum=recipe.momentum)


def rate_at(progress: float, recipe: Recipe) -> float:
    """Rate over peak rate at `progress` in [0, 1)."""
    if recipe.schedule == "step" and progress >= recipe.warmup:
        return 0.1 ** sum(progress >= drop for drop in recipe.drops)
    return one_cycle(progress, recipe.warmup)
