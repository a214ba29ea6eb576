"""Heads that look at distances instead of angles: RBF-softmax and the large-margin Gaussian mixture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from marginalia.losses.head import Head, replace_target, target_logit
from marginalia.losses.spec import HeadSpec, number


class DistanceHead(Head):
    """A head whose prediction is the nearest of the class centres, its weights."""

    def __init__(self, dimension: int, classes: int, spec: Any = None, start: str = "random", **numbers: Any):
        super().__init__(spec, **numbers)
        self.weight = nn.Parameter(torch.randn(classes, dimension))

    def squared_distances(self, features: Tensor) -> Tensor:
        """|x - w_j|^2, (N, D) -> (N, C)."""
        weight = self.weight.to(features.dtype)
        return torch.cdist(features, weight, compute_mode="donot_use_mm_for_euclid_dist").square()


@dataclass(frozen=True)
class RBFSoftmaxSpec(HeadSpec):
    name: ClassVar[str] = "RBF-softmax"
    regions: ClassVar[str] = "cells"
    s: float = number(0, above=True)
    gamma: float = number(0, above=True)


class RBFSoftmax(DistanceHead):
    """Cross-entropy of the logits s exp(-|x - w_j|^2 / gamma).

    Source: Zhang et al., RBF-Softmax, ECCV 2020, eq. 6 and 7.
    """

    Spec = RBFSoftmaxSpec

    def logits(self, features: Tensor) -> Tensor:
        return self.spec.s * torch.exp(-self.squared_distances(features) / self.spec.gamma)


@dataclass(frozen=True)
class GaussianMixtureSpec(HeadSpec):
    name: ClassVar[str] = "Gaussian-mixture"
    regions: ClassVar[str] = "cells"
    alpha: float = number(0)
    weight: float = number(0)


class GaussianMixture(DistanceHead):
    """Features as a mixture of Gaussians of unit covariance, one a class, and a margin on the distance.

        loss = cross-entropy with logits -|x - w_j|^2 / 2, that of the target times (1 + alpha),
             + weight mean |x - w_y|^2 / 2

    Source: Wan et al., Rethinking Feature Distribution (1803.02988), eq. 9, 13 and 14, identity covariance.
    """

    Spec = GaussianMixtureSpec

    def logits(self, features: Tensor) -> Tensor:
        return -self.squared_distances(features) / 2

    def margin_logits(self, features: Tensor, labels: Tensor) -> Tensor:
        logits = self.logits(features)
        return replace_target(logits, labels, (1 + self.spec.alpha) * target_logit(logits, labels))

    def criterion(self, features: Tensor, labels: Tensor) -> Tensor:
        likelihood = target_logit(self.logits(features), labels).mean()
        return super().criterion(features, labels) - self.spec.weight * likelihood
