"""UniFace: one threshold that separates own from foreign for all classes."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from marginalia.config.heads import UniFaceSpec
from marginalia.losses.head import CosineHead, own, with_own


class UniFace(CosineHead):
    """loss = log(1 + exp(-s (cos(theta_y) - m) + b)) + sum_{j != y} log(1 + exp(s cos(theta_j) - b)), b learned.

    Source: Zhou et al., UniFace: Unified Cross-Entropy Loss, ICCV 2023, eq. 13 with lambda = r = 1; m 0.4, s 64 there,
    and b begins at log(10 C).
    """

    def __init__(self, dimension: int, classes: int, spec: UniFaceSpec, start: str):
        super().__init__(dimension, classes, start, spec.s)
        self.spec = spec
        self.bias = nn.Parameter(torch.tensor(math.log(10 * classes)))

    def margin_logits(self, features: Tensor, labels: Tensor) -> Tensor:
        cosines = self.cosines(features)
        return self.s * with_own(cosines, labels, own(cosines, labels) - self.spec.m) - self.bias

    def loss(self, features: Tensor, labels: Tensor) -> Tensor:
        logits = self.margin_logits(features, labels)
        foreign = F.softplus(logits)
        return (F.softplus(-own(logits, labels)) + foreign.sum(dim=1, keepdim=True) - own(foreign, labels)).mean()
