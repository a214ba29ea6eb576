"""AngleLinear: the last layer of every margin-softmax loss in the table."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch.nn.functional as F
from torch import Tensor, nn

from marginalia.core.margin import MarginSpec, psi, sampled_psi
from marginalia.losses.head import Head, angle_between, initial_directions, replace_target, target_logit

SCALE_2D, SCALE = 4.0, 64.0


class AngleLinear(Head):
    """Class weights without a bias, whose target logit has a margin while training.

        logit_y = s |w_y| |x| psi(theta_y)        logit_j = s |w_j| |x| cos(theta_j),  j != y

    with |w| = 1 if w_norm and |x| = 1 if x_norm. At inference there is no margin.
    Source: ArcFace (1801.07698, eq. 4), extended to unnormalised weights and features.

        head = AngleLinear(2, 10, m2=0.3)          # logits: head(x), with margin: head(x, y), loss: head.loss(x, y)

    spec, numbers: see `MarginSpec`; without a spec both sides are normalised, s is 4 in two dimensions and 64 in more,
    and there is no margin. start: see `initial_directions`; "even" unless the weights have lengths.
    annealing_lambda: how much the margin on the angle is held back in training, 0 for not at all; see
    `annealed_lambda`.
    """

    Spec = MarginSpec
    annealing_lambda = 0.0

    def __init__(
        self, dimension: int, classes: int, spec: MarginSpec | None = None, start: str | None = None, **numbers: Any
    ):
        if spec is None:
            spec = MarginSpec(True, True, SCALE_2D if dimension == 2 else SCALE, m1=1, m2=0, m3=0)
        super().__init__(spec, **numbers)
        start = start or ("even" if self.spec.w_norm else "random")
        self.weight = nn.Parameter(initial_directions(classes, dimension, start))

    def logits(self, features: Tensor) -> Tensor:
        return self._cosine_logits(features)[0]

    def margin_logits(self, features: Tensor, labels: Tensor) -> Tensor:
        spec = self.spec
        plain, scale = self._cosine_logits(features)
        plain_y, scale_y = (target_logit(values, labels) for values in (plain, scale.expand_as(plain)))
        if not spec.is_angular:
            return replace_target(plain, labels, plain_y - scale_y * spec.m3)
        weight = self.weight[labels].to(features.dtype)
        target = scale_y * psi(angle_between(F.normalize(features), F.normalize(weight)), spec)
        if self.training and self.annealing_lambda:
            target = (self.annealing_lambda * plain_y + target) / (1 + self.annealing_lambda)
        return replace_target(plain, labels, target)

    def sampled_psi(self) -> np.ndarray | None:
        """At every whole degree, with the margin as it is held back; None for a subclass with another margin."""
        own = type(self).margin_logits is AngleLinear.margin_logits
        return sampled_psi(self.spec, self.annealing_lambda) if own else None

    def _cosine_logits(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """s |w| |x| cos(theta), (N, C), and the scale s |w| |x| in a shape that broadcasts to it."""
        spec, weight = self.spec, self.weight.to(features.dtype)
        if spec.w_norm:
            weight = F.normalize(weight)
        if spec.x_norm:
            features = F.normalize(features)
        scale = features.new_full((1, 1), spec.s)
        if not spec.x_norm:
            scale = scale * features.norm(dim=1, keepdim=True)
        if not spec.w_norm:
            scale = scale * weight.norm(dim=1)
        return spec.s * F.linear(features, weight), scale


def annealed_lambda(step: int, start: float, decay: float, least: float) -> float:
    """lambda after `step` steps: from `start` down to `least`, so that the margin comes in slowly.

        lambda  = max(least, start / (1 + decay step))
        logit_y = s |w_y| |x| (lambda cos(theta_y) + psi(theta_y)) / (1 + lambda)

    Source: L-Softmax (1612.02295, section 5.1); SphereFace's own code has start 1000, decay 0.12, least 5.
    """
    return max(least, start / (1 + decay * step))
