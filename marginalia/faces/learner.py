"""The learner of a face recogniser: a backbone and a head whose class weights may be spread over the ranks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from marginalia.config.run_config import LossSpec
from marginalia.core.margin import MarginSpec
from marginalia.faces.backbones import build_backbone
from marginalia.faces.batches import Batch, as_input
from marginalia.faces.heads import WholeHead, face_head, partial_margin
from marginalia.faces.pretrained import Pretrained
from marginalia.faces.recipe import Recipe
from marginalia.faces.sharded import ShardedHead
from marginalia.losses.angle_linear import annealed_lambda
from marginalia.training.learner import Learner, decaying, one_cycle
from marginalia.training.loss_scale import LossScale
from marginalia.training.ranks import Ranks, shares

BETA_2 = 0.999
SAMPLING_STRIDE = 1_000_003


class FaceLearner(Learner):
    """What training changes. The seed decides its first state, which is the same on any number of ranks.

    dtype: float32, or float64 for tests. autocast: the number format of the backbone, or None; float16 scales the loss.
    average: the mean of the backbone's weights, if the recipe asks for one.
    """

    head: ShardedHead | WholeHead

    def __init__(
        self, recipe: Recipe, spec: LossSpec, classes: int, seed: int, steps: int, ranks: Ranks, device: torch.device,
        dtype: torch.dtype = torch.float32, autocast: torch.dtype | None = None, pretrained: Pretrained | None = None,
    ):  # fmt: skip
        torch.manual_seed(seed)
        self.recipe, self.spec, self.steps, self.seed = recipe, spec, steps, seed
        backbone = build_backbone(recipe.backbone, recipe.dimension, recipe.shape)
        if pretrained is not None:
            pretrained.put_into(backbone)
        head = face_head(spec, recipe.dimension, classes, ranks, seed, recipe.sample_rate)
        sharded = isinstance(head, ShardedHead)
        super().__init__(backbone, head, ranks, device, autocast, recipe.clip_norm, dtype, sharded)
        self.loss_scale = LossScale() if autocast is torch.float16 else None
        self.average = (
            AveragedModel(self.encoder, multi_avg_fn=averaging_by(recipe.ema), use_buffers=True) if recipe.ema else None
        )
        self.optimizers = [optimizer(recipe, part) for part in (self.parameters, self.shard) if part]

    @property
    def judged(self) -> nn.Module:
        """The backbone that is judged and kept."""
        return self.encoder if self.average is None else self.average.module

    def step(self, batch: Batch) -> Tensor:
        """One step of the optimisers; returns the loss of the whole batch, not yet read back."""
        self.network.train()
        self.head.train()
        if isinstance(self.head, ShardedHead):
            self.prepare(self.head, batch.step)
        labels = batch.labels.to(self.device)
        self.forget_gradients()
        losses, start = [], 0
        for part in shares(len(labels), self.recipe.accumulate):
            count = len(range(len(labels))[part][self.ranks.share(part.stop - part.start)])
            pixels = batch.pixels[start : start + count].to(self.device)
            features = self.encode(as_input(pixels, self.dtype), self.network)
            loss = self.head_loss(features, labels[part], batch.step) * (part.stop - part.start) / len(labels)
            self.add_gradients(loss)
            losses.append(loss.detach())
            start += count
        self.apply_gradients(self.recipe.lr * rate_at(batch.step / self.steps, self.recipe))
        if self.average is not None:
            self.average.update_parameters(self.encoder)
        return torch.stack(losses).sum()

    def head_loss(self, features: Tensor, labels: Tensor, step: int) -> Tensor:
        """Of the whole batch. Step and seed decide what heads draw by chance: all ranks must draw the same, while
        their backbones have drawn now more and now less, for images of their own."""
        with torch.random.fork_rng(devices=[]):
            torch.random.default_generator.manual_seed(self.seed * SAMPLING_STRIDE + step)
            return self.head.loss(features, labels, len(labels))

    def directions_of(self, classes: Sequence[int]) -> np.ndarray:
        """The weights of these classes, float32 (n, D); all ranks must ask."""
        if isinstance(self.head, WholeHead):
            return self.head.head.directions().detach()[list(classes)].float().cpu().numpy()
        weight, rows = self.head.shard.weight.detach(), self.head.rows
        found = torch.zeros(len(classes), weight.shape[1], device=weight.device, dtype=weight.dtype)
        for place, number in enumerate(classes):
            if rows.start <= number < rows.stop:
                found[place] = weight[number - rows.start]
        return self.ranks.sum(found).float().cpu().numpy()

    def prepare(self, head: ShardedHead, step: int) -> None:
        """The margin of this step, and which negatives it sees."""
        recipe = self.recipe
        head.shard.annealing_lambda = annealed_lambda(
            step, recipe.lambda_start, recipe.lambda_decay, min(recipe.lambda_least, recipe.lambda_start)
        )
        warmup = recipe.margin_warmup * self.steps
        if warmup and isinstance(self.spec, MarginSpec):
            head.shard.spec = partial_margin(self.spec, min(1.0, step / warmup))
        head.sample((self.seed * SAMPLING_STRIDE + step) * SAMPLING_STRIDE + self.ranks.number)


def averaging_by(ema: float) -> Callable[..., None]:
    """A mean of which `ema` stays at each step, and less at first, when the weights are still far from good."""

    def average(means: Any, weights: Any, count: Any) -> None:
        stays = min(ema, (1 + float(count)) / (10 + float(count)))
        get_ema_multi_avg_fn(stays)(means, weights, count)

    return average


def optimizer(recipe: Recipe, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    groups = decaying(parameters, recipe.weight_decay)
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=recipe.lr, betas=(recipe.momentum, BETA_2))
    return torch.optim.SGD(groups, lr=recipe.lr, momentum=recipe.momentum)


def rate_at(progress: float, recipe: Recipe) -> float:
    """Rate over peak rate at `progress` in [0, 1)."""
    if recipe.schedule == "step" and progress >= recipe.warmup:
        return 0.1 ** sum(progress >= drop for drop in recipe.drops)
    if recipe.schedule == "polynomial" and progress >= recipe.warmup:
        return (1 - (progress - recipe.warmup) / (1 - recipe.warmup)) ** recipe.power
    return one_cycle(progress, recipe.warmup)
