"""AngleLinear: the last layer of every margin-softmax loss in the table."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from losses.head import COSINE_CLAMP, Head, initial_directions, single_at_least
from losses.margin import MarginSpec, psi


class AngleLinear(Head):
    """Class weights without a bias, whose target logit is bent by the margin while training.

        logit_y = s |w_y| |x| psi(theta_y)        logit_j = s |w_j| |x| cos(theta_j),  j != y

    with |w| = 1 if w_norm and |x| = 1 if x_norm. At inference there is no margin: `logits`.
    Source: ArcFace (1801.07698, eq. 4), extended to unnormalised weights and features.

    weight: (C, D), class directions. start: see `head.initial_directions`.
    """

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
        return plain.scatter(1, target, scale_y * psi(theta, spec))

    def loss(self, features: Tensor, labels: Tensor) -> Tensor:
        """Cross-entropy of the training logits, mean over the batch: (N, D), int64 (N,) -> scalar."""
        return F.cross_entropy(self.margin_logits(features, labels), labels)

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
