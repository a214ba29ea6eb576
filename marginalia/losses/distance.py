"""Heads that look at distances instead of angles: RBF-softmax and the large-margin Gaussian mixture."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from marginalia.config.heads import GaussianMixtureSpec, RBFSoftmaxSpec
from marginalia.losses.head import Head, own, with_own


class DistanceHead(Head):
    """A head whose prediction is the nearest of the class centres, its weights."""

    def __init__(self, dimension: int, classes: int):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(classes, dimension))

    def squared_distances(self, features: Tensor) -> Tensor:
        """|x - w_j|^2, (N, D) -> (N, C), float32."""
        return (features.float()[:, None] - self.weight).square().sum(dim=2)


class RBFSoftmax(DistanceHead):
    """Cross-entropy of the logits s exp(-|x - w_j|^2 / gamma).

    Source: Zhang et al., RBF-Softmax, ECCV 2020, eq. 6 and 7.
    """

    def __init__(self, dimension: int, classes: int, spec: RBFSoftmaxSpec, start: str):
        super().__init__(dimension, classes)
        self.spec = spec

    def logits(self, features: Tensor) -> Tensor:
        return self.spec.s * torch.exp(-self.squared_distances(features) / self.spec.gamma)


class GaussianMixture(DistanceHead):
    """Features as a mixture of Gaussians of unit covariance, one a class, and a margin on the distance.

        loss = cross-entropy with logits -|x - w_j|^2 / 2, that of the own class times (1 + alpha),
             + weight mean |x - w_y|^2 / 2

    Source: Wan et al., Rethinking Feature Distribution (1803.02988), eq. 9, 13 and 14, identity covariance.
    """

    def __init__(self, dimension: int, classes: int, spec: GaussianMixtureSpec, start: str):
        super().__init__(dimension, classes)
        self.spec = spec

    def logits(self, features: Tensor) -> Tensor:
        return -self.squared_distances(features) / 2

    def margin_logits(self, features: Tensor, labels: Tensor) -> Tensor:
        logits = self.logits(features)
        return with_own(logits, labels, (1 + self.spec.alpha) * own(logits, labels))

    def loss(self, features: Tensor, labels: Tensor) -> Tensor:
        likelihood = own(self.logits(features), labels).mean()
        return super().loss(features, labels) - self.spec.weight * likelihood
