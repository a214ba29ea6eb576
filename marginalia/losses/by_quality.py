"""Margins that follow the length of the feature, which stands for the quality of the image: MagFace and AdaFace."""

from __future__ import annotations

import torch
from torch import Tensor

from marginalia.config.heads import AdaFaceSpec, MagFaceSpec
from marginalia.losses.head import COSINE_CLAMP, CosineHead, own, with_own

MOMENTUM = 0.01
NARROW = 1e-3


class MagFace(CosineHead):
    """ArcFace with a margin that grows with a = |x| from l_m at l_a to u_m at u_a, and a regulariser that wants length.

        m(a) = l_m + (u_m - l_m) (a - l_a) / (u_a - l_a),   g(a) = 1 / a + a / u_a^2,   a kept in [l_a, u_a]
        loss = cross-entropy with s cos(theta_y + m(a)) + weight mean g(a)

    Source: Meng et al. (2103.06627), eq. 4 to 7; l_a 10, u_a 110, s 64 there.
    """

    def __init__(self, dimension: int, classes: int, spec: MagFaceSpec, start: str):
        super().__init__(dimension, classes, start, spec.s)
        self.spec = spec

    def margin_logits(self, features: Tensor, labels: Tensor) -> Tensor:
        spec, cosines, length = self.spec, self.cosines(features), self.length(features)
        margin = spec.l_m + (spec.u_m - spec.l_m) * (length - spec.l_a) / (spec.u_a - spec.l_a)
        return self.s * with_own(cosines, labels, falling_cosine(own(cosines, labels).acos() + margin))

    def loss(self, features: Tensor, labels: Tensor) -> Tensor:
        length = self.length(features)
        wants_length = (1 / length + length / self.spec.u_a**2).mean()
        return super().loss(features, labels) + self.spec.weight * wants_length

    def length(self, features: Tensor) -> Tensor:
        """a, (N, D) -> (N, 1)."""
        return features.float().norm(dim=1, keepdim=True).clamp(self.spec.l_a, self.spec.u_a)


class AdaFace(CosineHead):
    """An angular margin for short features, an additive one for long ones.

        z = clip(h (|x| - mean) / spread, -1, 1), with running mean and spread of |x|, and no gradient
        own logit: s (cos(theta_y - m z) - (m z + m))

    Source: Kim et al. (2204.00964), eq. 13 to 16; m 0.4, h 0.333, s 64 there.
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, dimension: int, classes: int, spec: AdaFaceSpec, start: str):
        super().__init__(dimension, classes, start, spec.s)
        self.spec = spec
        self.register_buffer("mean", torch.tensor(20.0))
        self.register_buffer("spread", torch.tensor(100.0))

    def margin_logits(self, features: Tensor, labels: Tensor) -> Tensor:
        spec, cosines = self.spec, self.cosines(features)
        length = features.detach().float().norm(dim=1, keepdim=True)
        if self.training:
            self.mean.lerp_(length.mean(), MOMENTUM)
            self.spread.lerp_(length.std(), MOMENTUM)
        z = (spec.h * (length - self.mean) / (self.spread + NARROW)).clamp(-1, 1)
        angle = (own(cosines, labels).acos() - spec.m * z).clamp(COSINE_CLAMP, torch.pi - COSINE_CLAMP)
        target = angle.cos() - spec.m * (1 + z)
        return self.s * with_own(cosines, labels, target)


def falling_cosine(angle: Tensor) -> Tensor:
    """cos up to pi, and beyond it its falling continuation, as psi has it."""
    return torch.where(angle <= torch.pi, angle.cos(), -angle.cos() - 2)
