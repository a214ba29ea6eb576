"""Backbone, head and optimisers of a face recogniser as one thing that takes steps, on one rank of several."""

from __future__ import annotations

import contextlib
import math

import torch
from torch import Tensor, nn

from marginalia.config.run_config import LossSpec
from marginalia.core.margin import MarginSpec
from marginalia.faces.backbones import build_backbone
from marginalia.faces.batches import Batch, as_input
from marginalia.faces.heads import eased, face_head
from marginalia.faces.recipe import Recipe
from marginalia.faces.sharded import ShardedHead
from marginalia.training.ranks import Ranks, averaging

SAMPLING_STRIDE = 1_000_003


class Learner:
    """What training changes. The seed decides its first state, which is the same on any number of ranks.

    dtype: float32, or float64 for tests. bfloat16: whether the backbone computes in it.
    """

    def __init__(
        self, recipe: Recipe, spec: LossSpec, classes: int, seed: int, steps: int, ranks: Ranks, device: torch.device,
        dtype: torch.dtype = torch.float32, bfloat16: bool = False,
    ):  # fmt: skip
        torch.manual_seed(seed)
        self.recipe, self.spec, self.steps, self.ranks, self.seed = recipe, spec, steps, ranks, seed
        self.device, self.dtype, self.bfloat16 = device, dtype, bfloat16
        backbone = build_backbone(recipe.backbone, recipe.dimension, recipe.shape)
        self.backbone = backbone.to(device, dtype).to(memory_format=torch.channels_last)
        self.network = averaging(self.backbone, ranks)
        head = face_head(spec, recipe.dimension, classes, ranks, seed, recipe.sample_rate)
        self.head = head.to(device, dtype)
        shard = list(self.head.parameters()) if isinstance(self.head, ShardedHead) else []
        whole = [*self.backbone.parameters(), *([] if shard else self.head.parameters())]
        self.optimizer = sgd(recipe, whole)
        self.shard_optimizer = sgd(recipe, shard) if shard else None
        self.whole, self.shard = whole, shard

    def step(self, batch: Batch) -> Tensor:
        """One step of the optimisers; returns the loss of the whole batch, not yet read back."""
        rate = self.recipe.lr * rate_at(batch.step / self.steps, self.recipe)
        optimizers = [optimizer for optimizer in (self.optimizer, self.shard_optimizer) if optimizer is not None]
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
            for group in optimizer.param_groups:
                group["lr"] = rate
        self.network.train()
        self.head.train()
        if isinstance(self.head, ShardedHead):
            self.prepare(self.head, batch.step)
        images = as_input(batch.pixels.to(self.device), self.dtype)
        labels = batch.labels.to(self.device)
        loss = self.head_loss(self.features(self.network, images), labels, batch.step)
        loss.backward()
        self.clip()
        for optimizer in optimizers:
            optimizer.step()
        return loss.detach()

    def head_loss(self, features: Tensor, labels: Tensor, step: int) -> Tensor:
        """Of the whole batch. What heads draw by chance, step and seed decide: all ranks must draw the same, while
        their backbones have drawn now more and now less, for images of their own."""
        with torch.random.fork_rng(devices=[]):
            torch.random.default_generator.manual_seed(self.seed * SAMPLING_STRIDE + step)
            return self.head.loss(features, labels, len(labels))

    def is_finite(self) -> bool:
        """Whether all weights are, on all ranks."""
        states = (self.backbone.state_dict(), self.head.state_dict())
        broken = sum(int(not value.isfinite().all()) for state in states for value in state.values())
        return not self.ranks.sum(torch.tensor(float(broken))).item()

    def prepare(self, head: ShardedHead, step: int) -> None:
        """The margin of this step, and which negatives it sees."""
        warmup = self.recipe.margin_warmup * self.steps
        if warmup and isinstance(self.spec, MarginSpec):
            head.shard.spec = eased(self.spec, min(1.0, step / warmup))
        head.sample((self.seed * SAMPLING_STRIDE + step) * SAMPLING_STRIDE + self.ranks.number)

    def features(self, network: nn.Module, images: Tensor) -> Tensor:
        """(N, 3, H, W) -> (N, D); the network in bfloat16 where that is on, all else in `dtype`."""
        images = images.contiguous(memory_format=torch.channels_last)
        autocast = torch.autocast(self.device.type, torch.bfloat16) if self.bfloat16 else contextlib.nullcontext()
        with autocast:
            features = network(images)
        return features.to(self.dtype)

    def clip(self) -> None:
        """Bounds the norm of the whole gradient, of which each rank has the backbone's and that of its own classes."""
        norms = [
            nn.utils.get_total_norm([p.grad for p in part if p.grad is not None]) for part in (self.whole, self.shard)
        ]
        squared = norms[0].square() + self.ranks.sum(norms[1].square().to(norms[0]))
        factor = (self.recipe.clip_norm / (squared.sqrt() + 1e-6)).clamp_max(1.0)
        for parameter in (*self.whole, *self.shard):
            if parameter.grad is not None:
                parameter.grad.mul_(factor)


def sgd(recipe: Recipe, parameters: list[nn.Parameter]) -> torch.optim.SGD:
    """SGD with momentum; slopes, biases and the numbers of normalisation layers do not decay."""
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.SGD(groups, lr=recipe.lr, momentum=recipe.momentum)


def rate_at(progress: float, recipe: Recipe) -> float:
    """Rate over peak rate at `progress` in [0, 1)."""
    if progress < recipe.warmup:
        return 0.04 + 0.96 * progress / recipe.warmup
    if recipe.schedule == "step":
        return 0.1 ** sum(progress >= drop for drop in recipe.drops)
    return 0.5 * (1 + math.cos(math.pi * (progress - recipe.warmup) / (1 - recipe.warmup)))
