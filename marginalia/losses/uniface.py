"""UniFace: one threshold that separates each class from all others."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from marginalia.losses.head import CosineHead, replace_target, target_logit
from marginalia.losses.spec import HeadSpec, number


@dataclass(frozen=True)
class UniFaceSpec(HeadSpec):
    name: ClassVar[str] = "UniFace"
    s: float = number(0, above=True)
    m: float = number(0)


class UniFace(CosineHead):
    """loss = log(1 + exp(-s (cos(theta_y) - m) + b)) + sum_{j != y} log(1 + exp(s cos(theta_j) - b)), b learned.

    Source: Zhou et al., UniFace: Unified Cross-Entropy Loss, ICCV 2023, eq. 13 with lambda = r = 1; m 0.4, s 64 there,
    and b begins at log(10 C).
    """

    Spec = UniFaceSpec

    def __init__(self, dimension: int, classes: int, spec: Any = None, start: str = "even", **numbers: Any):
        super().__init__(dimension, classes, spec, start, **numbers)
        self.bias = nn.Parameter(torch.tensor(math.log(10 * classes)))

    def margin_logits(self, features: Tensor, labels: Tensor) -> Tensor:
        cosines = self.cosines(features)
        return self.s * replace_target(cosines, labels, target_logit(cosines, labels) - self.spec.m) - self.bias

    def criterion(self, features: Tensor, labels: Tensor) -> Tensor:
        logits = self.margin_logits(features, labels)
        others = replace_target(F.softplus(logits), labels, torch.zeros_like(logits[:, :1]))
        return (F.softplus(-target_logit(logits, labels)) + others.sum(dim=1, keepdim=True)).mean()
