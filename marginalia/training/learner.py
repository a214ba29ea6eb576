"""Encoder, head and optimiser as one thing that takes steps and looks at images."""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from marginalia.config.run_config import OptimizerConfig, RunConfig
from marginalia.core.margin import sampled_psi
from marginalia.data.dataset import Split
from marginalia.losses.angle_linear import AngleLinear, annealed_lambda
from marginalia.losses.registry import build_head
from marginalia.models import ENCODERS
from marginalia.record.metrics import Observed
from marginalia.record.snapshot import Points
from marginalia.training.device import resolve_device, uses_bfloat16
from marginalia.training.ranks import ALONE, Ranks, averaging, gather, local_device

EVALUATION_BATCH = 125
PIXEL_SAMPLE = 1000


@dataclass(frozen=True)
class Shown:
    """The images of every snapshot; unseen: those of classes held out, or None."""

    train: Split
    test: Split
    unseen: Split | None


@dataclass(frozen=True)
class Observation:
    """What an encoder and its head make of the images shown. class_weights: (C, D); psi: see `Snapshot`."""

    train: Observed
    test: Observed
    unseen: Points | None
    class_weights: np.ndarray
    psi: np.ndarray | None


class Learner:
    """What training changes: `encoder`, `head`, `optimizer`. The seed decides their first state, on all ranks the same.

    images: uint8 (N, 28, 28) of the training split, from which the mean and spread of a pixel are taken.
    """

    def __init__(self, config: RunConfig, images: np.ndarray, classes: int, steps: int, ranks: Ranks = ALONE):
        self.ranks = ranks
        self.device = local_device(resolve_device(config.training.device))
        self.bfloat16 = uses_bfloat16(config.training.precision, self.device)
        self.recipe = config.optimizer
        self.steps = steps
        training = config.training
        self.annealing = (training.lambda_start, training.lambda_decay, training.lambda_least)
        torch.manual_seed(config.training.seed)
        dimension = config.model.visual_dimension
        encoder = ENCODERS[config.model.basemodel](dimension)
        self.encoder = encoder.to(self.device).to(memory_format=torch.channels_last)
        self.network = averaging(self.encoder, ranks)
        self.head = build_head(config.loss, dimension, classes, config.training.start).to(self.device)
        self.soften(0)
        self.parameters = [p for p in (*self.encoder.parameters(), *self.head.parameters()) if p.requires_grad]
        self.optimizer = build_optimizer(config.training.optimizer, self.recipe, self.parameters)
        pixels = images[:: max(1, len(images) // PIXEL_SAMPLE)].astype(np.float64)
        self.crop = config.data.crop
        self.pixel_mean, self.pixel_spread = float(pixels.mean()), float(pixels.std()) or 1.0

    def step(self, index: int, images: Tensor, labels: Tensor) -> Tensor:
        """One step of the optimiser on uint8 (N, 28, 28) and int64 (N,); returns the loss, not yet read back.

        Each rank looks at its share of the images, and at the features of all.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.lr * one_cycle(index / self.steps, self.recipe.warmup)
        self.soften(index)
        self.encoder.train()
        self.head.train()
        mine = self.features(images[self.ranks.share(len(images))], self.network)
        loss = self.head.loss(gather(mine, len(images), self.ranks, in_parts=False), labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters, self.recipe.clip_norm)
        self.optimizer.step()
        return loss.detach()

    def soften(self, index: int) -> None:
        """Sets how much of its margin AngleLinear has at this step."""
        if isinstance(self.head, AngleLinear):
            self.head.annealing_lambda = annealed_lambda(index, *self.annealing)

    def features(self, images: Tensor, network: nn.Module | None = None) -> Tensor:
        """uint8 (N, 28, 28) -> float32 (N, D); the encoder in bfloat16 where that is on, all else in float32."""
        cut = slice(self.crop, images.shape[1] - self.crop)
        standard = (images[:, None, cut, cut].float() - self.pixel_mean) / self.pixel_spread
        standard = standard.contiguous(memory_format=torch.channels_last)
        autocast = torch.autocast(self.device.type, torch.bfloat16) if self.bfloat16 else contextlib.nullcontext()
        with autocast:
            return (network or self.encoder)(standard).float()

    def observe(self, shown: Shown) -> Observation:
        """Features and predictions of all images shown, without gradients; predictions without margin."""
        self.encoder.eval()
        self.head.eval()
        with torch.inference_mode():
            train = self.embed(shown.train)
            self.head.update_class_means(train, torch.tensor(shown.train.labels, device=self.device))
            unseen = self.points(shown.unseen, self.embed(shown.unseen)) if shown.unseen is not None else None
            return Observation(
                self.seen(shown.train, train), self.seen(shown.test, self.embed(shown.test)), unseen,
                self.head.directions().cpu().numpy().copy(),
                sampled_psi(self.head.spec, self.head.annealing_lambda) if isinstance(self.head, AngleLinear) else None,
            )  # fmt: skip

    def embed(self, split: Split) -> Tensor:
        """Features of all images, float32 (N, D)."""
        images = torch.tensor(split.images, device=self.device)
        return torch.cat([self.features(batch) for batch in images.split(EVALUATION_BATCH)])

    def seen(self, split: Split, features: Tensor) -> Observed:
        labels = torch.tensor(split.labels, device=self.device)
        kept = self.head(features, labels).argmax(dim=1) == labels
        return Observed(self.points(split, features), kept.cpu().numpy())

    def points(self, split: Split, features: Tensor) -> Points:
        predictions = self.head(features).argmax(dim=1)
        return Points(features.cpu().numpy(), split.labels, predictions.cpu().numpy())


def build_optimizer(name: str, recipe: OptimizerConfig, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    """AdamW or SGD with Nesterov momentum; only matrices and kernels decay."""
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    if name == "adamw":
        return torch.optim.AdamW(groups, lr=recipe.lr, betas=(recipe.momentum, recipe.beta2), fused=True)
    return torch.optim.SGD(groups, lr=recipe.lr, momentum=recipe.momentum, nesterov=recipe.momentum > 0)


def one_cycle(progress: float, warmup: float) -> float:
    """Rate over peak rate at `progress` in [0, 1): a line up over `warmup`, then half a cosine down to 0.

    Source: Smith and Topin, Super-Convergence (1708.07120), in one phase down.
    """
    if progress < warmup:
        return 0.04 + 0.96 * progress / warmup
    return 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup)))
