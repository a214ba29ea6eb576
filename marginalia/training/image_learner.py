"""The learner of images with a small embedding: it takes steps and evaluates the images displayed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from marginalia.config.run_config import OptimizerConfig, RunConfig
from marginalia.core.errors import InputError
from marginalia.data.dataset import Split
from marginalia.losses.angle_linear import AngleLinear, annealed_lambda
from marginalia.losses.head import Head
from marginalia.losses.registry import build_head
from marginalia.record.metrics import SplitEvaluation
from marginalia.record.snapshot import Points
from marginalia.training.device import resolve_device, uses_bfloat16
from marginalia.training.encoder import build_encoder
from marginalia.training.learner import Learner, decaying, one_cycle
from marginalia.training.ranks import ALONE, Ranks, gather, local_device

EVALUATION_BATCH = 125
PIXEL_SAMPLE = 1000


@dataclass(frozen=True)
class DisplayedImages:
    """The images of every snapshot. splits: by name; held_out: those of classes held out, or None."""

    splits: Mapping[str, Split]
    held_out: Split | None


@dataclass(frozen=True)
class Evaluation:
    """What an encoder and its head make of the images displayed. class_weights: (C, D); psi: see `Snapshot`."""

    splits: Mapping[str, SplitEvaluation]
    held_out: Points | None
    class_weights: np.ndarray
    psi: np.ndarray | None


class ImageLearner(Learner):
    """What training changes: the seed decides its first state, on all ranks the same.

    images: uint8 (N, H, W) or (N, H, W, 3) of the training split, from which the mean and spread of a pixel are taken.
    """

    head: Head

    def __init__(self, config: RunConfig, images: np.ndarray, classes: int, steps: int, ranks: Ranks = ALONE):
        training, self.recipe, self.steps = config.training, config.optimizer, steps
        device = local_device(resolve_device(training.device))
        torch.manual_seed(training.seed)
        dimension = config.model.visual_dimension
        self.crop = config.data.crop
        encoder = build_encoder(config.model, config.encoder, self.input_shape(images))
        head = build_head(config.loss, dimension, classes, training.start)
        autocast = torch.bfloat16 if uses_bfloat16(training.precision, device) else None
        # an encoder of anybody's may take its images apart with view(), as channels_last does not allow
        memory_format = torch.channels_last if config.encoder is None else torch.contiguous_format
        clip_norm = self.recipe.clip_norm
        super().__init__(encoder, head, ranks, device, autocast, clip_norm, memory_format=memory_format)
        self.annealing = (training.lambda_start, training.lambda_decay, training.lambda_least)
        self.anneal(0)
        self.optimizers = [build_optimizer(training.optimizer, self.recipe, self.parameters)]
        pixels = images[:: max(1, len(images) // PIXEL_SAMPLE)].astype(np.float64)
        self.pixel_mean, self.pixel_spread = float(pixels.mean()), float(pixels.std()) or 1.0

    def step(self, index: int, images: Tensor, labels: Tensor) -> Tensor:
        """One step of the optimiser on images as `features` takes them and int64 (N,); returns the loss, not yet read.

        Each rank encodes its share of the images; the loss is that of all features.
        """
        self.anneal(index)
        self.encoder.train()
        self.head.train()
        mine = self.features(images[self.ranks.share(len(images))], self.network)
        loss = self.head.loss(gather(mine, len(images), self.ranks, in_parts=False), labels)
        return self.update(loss, self.recipe.lr * one_cycle(index / self.steps, self.recipe.warmup))

    def anneal(self, index: int) -> None:
        """Sets how much of its margin AngleLinear has at this step."""
        if isinstance(self.head, AngleLinear):
            self.head.annealing_lambda = annealed_lambda(index, *self.annealing)

    def features(self, images: Tensor, network: nn.Module | None = None) -> Tensor:
        """uint8 (N, H, W) or (N, H, W, 3) -> float32 (N, D); the encoder in bfloat16 where that is on."""
        _, height, width = self.input_shape(images)
        channels_first = images[:, None] if images.ndim == 3 else images.permute(0, 3, 1, 2)
        cut = channels_first[:, :, self.crop : self.crop + height, self.crop : self.crop + width]
        return self.encode((cut.float() - self.pixel_mean) / self.pixel_spread, network)

    def input_shape(self, images: np.ndarray | Tensor) -> tuple[int, int, int]:
        """Channels, height and width of what the encoder sees of these images."""
        height, width = (side - 2 * self.crop for side in images.shape[1:3])
        return (1 if images.ndim == 3 else 3), height, width

    def evaluate(self, displayed: DisplayedImages) -> Evaluation:
        """Features and predictions of all images shown, without gradients; predictions without margin."""
        self.encoder.eval()
        self.head.eval()
        with torch.inference_mode():
            features = {name: self.embed(split) for name, split in displayed.splits.items()}
            labels = torch.tensor(displayed.splits["train"].labels, device=self.device)
            self.head.update_class_means(features["train"], labels)
            held_out = (
                self.points(displayed.held_out, self.embed(displayed.held_out))
                if displayed.held_out is not None
                else None
            )
            return Evaluation(
                {name: self.seen(split, features[name]) for name, split in displayed.splits.items()},
                held_out,
                self.head.directions().cpu().numpy().copy(),
                self.head.sampled_psi(),
            )

    def embed(self, split: Split) -> Tensor:
        """Features of all images, float32 (N, D)."""
        images = torch.tensor(split.images, device=self.device)
        return torch.cat([self.features(batch) for batch in images.split(EVALUATION_BATCH)])

    def seen(self, split: Split, features: Tensor) -> SplitEvaluation:
        labels = torch.tensor(split.labels, device=self.device)
        kept = self.head(features, labels).argmax(dim=1) == labels
        return SplitEvaluation(self.points(split, features), kept.cpu().numpy())

    def points(self, split: Split, features: Tensor) -> Points:
        predictions = self.head(features).argmax(dim=1)
        return Points(features.cpu().numpy(), split.labels, predictions.cpu().numpy())


def require_encoder(config: RunConfig, images: np.ndarray, classes: int) -> None:
    """Tries an encoder of the user's own on two images, as training does.

    Raises InputError unless it gives two features of the right dimension.
    """
    if config.encoder is None:
        return
    with torch.random.fork_rng():
        learner = ImageLearner(config, images, classes, steps=1)
        with config.encoder.running(f"{config.encoder.name} on two images"):
            features = learner.features(torch.tensor(images[:2], device=learner.device))
    if features.shape != (2, config.model.visual_dimension):
        raise InputError(
            f"{config.encoder.name} gives features of shape {tuple(features.shape)} for 2 images; "
            f"give (2, {config.model.visual_dimension})"
        )


def build_optimizer(name: str, recipe: OptimizerConfig, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    """AdamW or SGD with Nesterov momentum."""
    groups = decaying(parameters, recipe.weight_decay)
    if name == "adamw":
        return torch.optim.AdamW(groups, lr=recipe.lr, betas=(recipe.momentum, recipe.beta2), fused=True)
    return torch.optim.SGD(groups, lr=recipe.lr, momentum=recipe.momentum, nesterov=recipe.momentum > 0)
