"""SphereFace2: a binary classifier a class instead of a softmax over all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from marginalia.losses.head import CosineHead, replace_target, target_logit
from marginalia.losses.spec import HeadSpec, number

TINY = 1e-7


@dataclass(frozen=True)
class SphereFace2Spec(HeadSpec):
    name: ClassVar[str] = "SphereFace2"
    r: float = number(0, above=True)
    m: float = number(0)
    t: float = number(0, above=True)
    balance: float = number(0, 0.999, above=True)


class SphereFace2(CosineHead):
    """With g(z) = 2 ((z + 1) / 2)^t - 1, balance lambda, radius r and bias b,

        loss = lambda / r log(1 + exp(-r (g(cos theta_y) - m) - b))
             + (1 - lambda) / r sum_{j != y} log(1 + exp(r (g(cos theta_j) + m) + b))

    b is learned and starts where the first gradient vanishes. The gradient passes through g, as the formula reads; the
    authors' code keeps g's bend and the margin out of it. Source: Wen et al. (2108.01513), eq. 5 to 8; lambda 0.7,
    r 40, m 0.4, t 3 there.
    """

    Spec = SphereFace2Spec

    def __init__(self, dimension: int, classes: int, spec: Any = None, start: str = "even", **numbers: Any):
        super().__init__(dimension, classes, spec, start, **numbers)
        self.bias = nn.Parameter(torch.tensor(first_bias(self.spec, classes)))

    @property
    def s(self) -> float:
        return self.spec.r

    def margin_logits(self, features: Tensor, labels: Tensor) -> Tensor:
        spec = self.spec
        similarity = 2 * ((self.cosines(features) + 1) / 2).clamp_min(TINY).pow(spec.t) - 1
        similarity = replace_target(similarity + spec.m, labels, target_logit(similarity, labels) - spec.m)
        return spec.r * similarity + self.bias

    def criterion(self, features: Tensor, labels: Tensor) -> Tensor:
        logits = self.margin_logits(features, labels)
        others = replace_target(F.softplus(logits), labels, torch.zeros_like(logits[:, :1])).sum(dim=1, keepdim=True)
        balance = self.spec.balance
        return (balance * F.softplus(-target_logit(logits, labels)) + (1 - balance) * others).mean() / self.spec.r


def first_bias(spec: SphereFace2Spec, classes: int) -> float:
    """b at which the loss of features at right angles to all weights has no slope in b (appendix of the paper).

    exp(b) is the positive root of a quadratic equation; of its two forms the one without cancellation is taken.
    """
    z = spec.balance / ((1 - spec.balance) * (classes - 1))
    right_angle = 2 * 0.5**spec.t - 1
    target_part, other_part = spec.r * (right_angle - spec.m), spec.r * (right_angle + spec.m)
    root = math.sqrt((1 - z) ** 2 + 4 * z * math.exp(target_part - other_part))
    if z <= 1:
        return math.log(2 * z) - other_part - math.log(1 - z + root)
    return math.log((z - 1 + root) / 2) - target_part
