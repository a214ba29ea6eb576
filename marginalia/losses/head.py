"""What every head has in common: logits for inference, a loss for training, and a direction for each class."""

from __future__ import annotations

import math
from abc import abstractmethod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

COSINE_CLAMP = 1e-6
SHORT = 0.01


class Head(nn.Module):
    """The last layer and its loss. weight: (C, D), what is drawn as the class directions."""

    weight: nn.Parameter

    @abstractmethod
    def logits(self, features: Tensor) -> Tensor:
        """Logits without margin, (N, D) -> (N, C), float32; the largest is the prediction."""

    def margin_logits(self, features: Tensor, labels: Tensor) -> Tensor:
        """Logits as training sees them, (N, D), int64 (N,) -> (N, C); the own class of image i is labels[i].

        An image satisfies the margin when its own logit is the largest of these.
        """
        return self.logits(features)

    def loss(self, features: Tensor, labels: Tensor) -> Tensor:
        """The loss of training, mean over the batch: (N, D), int64 (N,) -> scalar."""
        return F.cross_entropy(self.margin_logits(features, labels), labels)

    def directions(self) -> Tensor:
        """One direction a class, (C, D)."""
        return self.weight.detach()

    def settle(self, features: Tensor, labels: Tensor) -> None:
        """Before the head is looked at: the features (N, D) of the training images shown, and their labels.

        A head without class weights takes its class means from them; all others leave it.
        """


class CosineHead(Head):
    """A head whose features and class weights are both normalised, so that its logits are s cos(theta)."""

    def __init__(self, dimension: int, classes: int, start: str, s: float):
        super().__init__()
        self.s = s
        self.weight = nn.Parameter(initial_directions(classes, dimension, start))

    def cosines(self, features: Tensor) -> Tensor:
        """cos(theta_j), (N, D) -> (N, C), float32, away from -1 and 1 by 1e-6 so that acos has a slope."""
        cosines = F.linear(F.normalize(single_at_least(features)), F.normalize(self.weight))
        return cosines.clamp(-1 + COSINE_CLAMP, 1 - COSINE_CLAMP)

    def logits(self, features: Tensor) -> Tensor:
        return self.s * self.cosines(features)


def own(values: Tensor, labels: Tensor) -> Tensor:
    """The column of the own class, (N, C) and int64 (N,) -> (N, 1)."""
    return values.gather(1, labels[:, None])


def with_own(values: Tensor, labels: Tensor, replacement: Tensor) -> Tensor:
    """The values (N, C) with the own class's column replaced by (N, 1)."""
    return values.scatter(1, labels[:, None], replacement)


def single_at_least(features: Tensor) -> Tensor:
    """The features in float32, or as they are in float64."""
    return features if features.dtype == torch.float64 else features.float()


def initial_directions(classes: int, dimension: int, start: str) -> Tensor:
    """Class weights to start from, (C, D).

    random: Gaussian and so short that the loss turns them wherever it wants; right where lengths are free. even: in two
    dimensions of length 1, evenly around the circle, in random order and turned by a random angle, since normalised
    weights that start side by side often never part; in more dimensions there is room enough, and it is as random.
    """
    if start == "random" or dimension != 2:
        return SHORT * torch.randn(classes, dimension)
    angle = 2 * math.pi * (torch.randperm(classes) + torch.rand(1)) / classes
    return torch.stack((angle.cos(), angle.sin()), dim=1)
