"""What every head has in common: logits for inference, a loss for training, and a direction for each class."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from marginalia.losses.spec import HeadSpec

SHORT = 0.01


class Head(nn.Module, ABC):
    """The last layer and its loss. Spec: the dataclass of its numbers; weight: (C, D), drawn as the class directions.

    `head(features)` gives the logits of inference, `head(features, labels)` those of training, `head.loss(features,
    labels)` the loss. They are computed in float32, or in float64 where the weights are, whatever the features are and
    also under autocast.
    """

    Spec: ClassVar[Any] = HeadSpec
    weight: nn.Parameter

    def __init__(self, spec: Any = None, **numbers: Any):
        """spec: all numbers; each of `numbers` replaces one. ValueError if one is out of range."""
        super().__init__()
        self.spec = self.Spec(**numbers) if spec is None else replace(spec, **numbers)

    def forward(self, features: Tensor, labels: Tensor | None = None) -> Tensor:
        """(N, D) and, for the logits with margin, int64 (N,) -> (N, C)."""
        with torch.autocast(features.device.type, enabled=False):
            features = features.to(self.dtype)
            return self.logits(features) if labels is None else self.margin_logits(features, labels)

    def loss(self, features: Tensor, labels: Tensor) -> Tensor:
        """The loss of training, mean over the batch: (N, D), int64 (N,) -> scalar."""
        with torch.autocast(features.device.type, enabled=False):
            return self.criterion(features.to(self.dtype), labels)

    @property
    def dtype(self) -> torch.dtype:
        """The number format in which the head computes."""
        return torch.promote_types(self.weight.dtype, torch.float32)

    @abstractmethod
    def logits(self, features: Tensor) -> Tensor:
        """Logits without margin, (N, D) in `dtype` -> (N, C); the largest is the prediction."""

    def margin_logits(self, features: Tensor, labels: Tensor) -> Tensor:
        """Logits as training sees them, (N, D) in `dtype`, int64 (N,) -> (N, C); the target of image i is labels[i].

        An image satisfies the margin when its target logit is the largest of these.
        """
        return self.logits(features)

    def criterion(self, features: Tensor, labels: Tensor) -> Tensor:
        """`loss` of features in `dtype`."""
        return F.cross_entropy(self.margin_logits(features, labels), labels)

    def directions(self) -> Tensor:
        """One direction a class, (C, D)."""
        return self.weight.detach()

    def update_class_means(self, features: Tensor, labels: Tensor) -> None:
        """Before an evaluation: the features (N, D) of the training images displayed, and their labels.

        A head without class weights takes its class means from them; all others ignore them.
        """

    def sampled_psi(self) -> np.ndarray | None:
        """The target logit over s |w| |x| at angles evenly from 0 to pi, float64 (P,), see `Snapshot.psi`.

        None where it is no function of the angle, or none that is known.
        """
        return None


class CosineHead(Head):
    """A head whose features and class weights are both normalised, so that its logits are s cos(theta)."""

    def __init__(self, dimension: int, classes: int, spec: Any = None, start: str = "even", **numbers: Any):
        super().__init__(spec, **numbers)
        self.weight = nn.Parameter(initial_directions(classes, dimension, start))

    @property
    def s(self) -> Any:
        """The scale of the logits."""
        return self.spec.s

    def cosines(self, features: Tensor) -> Tensor:
        """cos(theta_j), (N, D) -> (N, C)."""
        return F.linear(F.normalize(features), F.normalize(self.weight.to(features.dtype)))

    def target_angle(self, features: Tensor, labels: Tensor) -> Tensor:
        """theta_y in radians, (N, D) and int64 (N,) -> (N, 1)."""
        return angle_between(F.normalize(features), F.normalize(self.weight[labels].to(features.dtype)))

    def logits(self, features: Tensor) -> Tensor:
        return self.s * self.cosines(features)


def angle_between(u: Tensor, v: Tensor) -> Tensor:
    """The angle in radians between unit vectors, (N, D) twice -> (N, 1); 90 degrees where one is zero.

    It is exact near 0 and 180 degrees, where acos of the cosine loses half of the digits and has no slope.
    Source: Kahan, How Futile are Mindless Assessments of Roundoff, section 12.
    """
    return 2 * torch.atan2((u - v).norm(dim=1, keepdim=True), (u + v).norm(dim=1, keepdim=True))


def target_logit(logits: Tensor, labels: Tensor) -> Tensor:
    """The column of each image's class, (N, C) and int64 (N,) -> (N, 1)."""
    return logits.gather(1, labels[:, None])


def replace_target(logits: Tensor, labels: Tensor, replacement: Tensor) -> Tensor:
    """The logits (N, C) with (N, 1) in the column of each image's class."""
    return logits.scatter(1, labels[:, None], replacement)


def initial_directions(classes: int, dimension: int, start: str) -> Tensor:
    """Class weights to start from, (C, D).

    random: Gaussian and short, so that the loss decides their directions; for weights whose lengths are free.
    even: in two dimensions unit vectors evenly around the circle, in random order and turned by a random angle, since
    normalised weights that start side by side often stay there; in more dimensions the same as random.
    """
    if start == "random" or dimension != 2:
        return SHORT * torch.randn(classes, dimension)
    angle = 2 * math.pi * (torch.randperm(classes) + torch.rand(1)) / classes
    return torch.stack((angle.cos(), angle.sin()), dim=1)
