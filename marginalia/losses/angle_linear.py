"""AngleLinear: the last layer of every margin-softmax loss in the table."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from marginalia.core.margin import MarginSpec, psi
from marginalia.losses.head import COSINE_CLAMP, Head, initial_directions, single_at_least


class AngleLinear(Head):
    """Class weights without a bias, whose target logit is bent by the margin while training.

        logit_y = s |w_y| |x| psi(theta_y)        logit_j = s |w_j| |x| cos(theta_j),  j != y

    with |w| = 1 if w_norm and |x| = 1 if x_norm. At inference there is no margin: `logits`.
    Source: ArcFace (1801.07698, eq. 4), extended to unnormalised weights and features.

    weight: (C, D), class directions. start: see `head.initial_directions`.
    softness: the lambda by which a margin on the angle is softened in training, 0 for not at all; see `annealed`.
    """

    softness = 0.0

    def __init__(self, dimension: int, classes: int, spec: MarginSpec, start: str = "random"):
        super().__init__()
        self.spec = spec
        self.weight = nn.Parameter(initial_directions(classes, dimension, start))

    def logits(self, features: Tensor) -> Tensor:
        """Logits without margin, (N, D) -> (N, C), float32."""
        return self._cosine_logits(single_at_least(features))[0]

    def margin_logits(self, features: Tensor, labels: Tensor) -> Tensor:
        """Logits of training, (N, D) and int64 (N,) -> (N, C), float32; the margin is on column labels[i]."""
        spec = self.spec
        plain, scale = self._cosine_logits(single_at_least(features))
        target = labels[:, None]
        scale_y = scale.expand_as(plain).gather(1, target)
        plain_y = plain.gather(1, target)
        if not spec.bends_the_angle:
            return plain.scatter(1, target, plain_y - scale_y * spec.m3)
        cosine = plain_y / scale_y.clamp_min(1e-12)
        theta = torch.acos(cosine.clamp(-1 + COSINE_CLAMP, 1 - COSINE_CLAMP))
        bent = scale_y * psi(theta, spec)
        if self.training and self.softness:
            bent = (self.softness * plain_y + bent) / (1 + self.softness)
        return plain.scatter(1, target, bent)

    def _cosine_logits(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """s |w| |x| cos(theta), (N, C), and the scale s |w| |x| in a shape that broadcasts to it."""
        spec = self.spec
        weight = F.normalize(self.weight) if spec.w_norm else self.weight
        if spec.x_norm:
            features = F.normalize(features)
        scale = features.new_full((1, 1), spec.s)
        if not spec.x_norm:
            scale = scale * features.norm(dim=1, keepdim=True)
        if not spec.w_norm:
            scale = scale * weight.norm(dim=1)
        return spec.s * F.linear(features, weight), scale


def annealed(step: int, start: float, decay: float, least: float) -> float:
    """lambda after `step` steps: from `start` down to `least`, so that the margin comes in slowly.

        lambda  = max(least, start / (1 + decay step))
        logit_y = s |w_y| |x| (lambda cos(theta_y) + psi(theta_y)) / (1 + lambda)

    Source: L-Softmax (1612.02295, section 5.1); SphereFace's own code has start 1000, decay 0.12, least 5.
    """
    return max(least, start / (1 + decay * step))
