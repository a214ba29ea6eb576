"""Margins that follow the length of the feature, which stands for the quality of the image: MagFace and AdaFace."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from marginalia.losses.head import CosineHead, replace_target
from marginalia.losses.spec import HeadSpec, number

MOMENTUM = 0.01
NARROW = 1e-3


@dataclass(frozen=True)
class MagFaceSpec(HeadSpec):
    name: ClassVar[str] = "MagFace"
    s: float = number(0, above=True)
    l_a: float = number(0, above=True)
    u_a: float = number(0, above=True)
    l_m: float = number(0)
    u_m: float = number(0, math.pi)
    weight: float = number(0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.u_a <= self.l_a:
            raise ValueError(f"u_a must be greater than l_a = {self.l_a:g}, not {self.u_a:g}")
        if self.u_m < self.l_m:
            raise ValueError(f"u_m must be at least l_m = {self.l_m:g}, not {self.u_m:g}")


class MagFace(CosineHead):
    """ArcFace with a margin that grows with a = |x| from l_m at l_a to u_m at u_a, and a regulariser that wants length.

        m(a) = l_m + (u_m - l_m) (a - l_a) / (u_a - l_a),   g(a) = 1 / a + a / u_a^2,   a kept in [l_a, u_a]
        loss = cross-entropy with s cos(theta_y + m(a)) + weight mean g(a)

    Source: Meng et al. (2103.06627), eq. 4 to 7; l_a 10, u_a 110, s 64 there.
    """

    Spec = MagFaceSpec

    def margin_logits(self, features: Tensor, labels: Tensor) -> Tensor:
        spec, length = self.spec, self.length(features)
        margin = spec.l_m + (spec.u_m - spec.l_m) * (length - spec.l_a) / (spec.u_a - spec.l_a)
        target = falling_cosine(self.target_angle(features, labels) + margin)
        return self.s * replace_target(self.cosines(features), labels, target)

    def criterion(self, features: Tensor, labels: Tensor) -> Tensor:
        length = self.length(features)
        wants_length = (1 / length + length / self.spec.u_a**2).mean()
        return super().criterion(features, labels) + self.spec.weight * wants_length

    def length(self, features: Tensor) -> Tensor:
        """a, (N, D) -> (N, 1)."""
        return features.norm(dim=1, keepdim=True).clamp(self.spec.l_a, self.spec.u_a)


@dataclass(frozen=True)
class AdaFaceSpec(HeadSpec):
    name: ClassVar[str] = "AdaFace"
    s: float = number(0, above=True)
    m: float = number(0)
    h: float = number(0, above=True)


class AdaFace(CosineHead):
    """An angular margin for short features, an additive one for long ones.

        z = clip(h (|x| - mean) / spread, -1, 1), with running mean and spread of |x|, and no gradient
        target logit: s (cos(theta_y - m z) - (m z + m))

    A batch of one image has no spread and moves the mean only.
    Source: Kim et al. (2204.00964), eq. 13 to 16; m 0.4, h 0.333, s 64 there.
    """

    Spec = AdaFaceSpec
    mean: Tensor
    spread: Tensor

    def __init__(self, dimension: int, classes: int, spec: Any = None, start: str = "even", **numbers: Any):
        super().__init__(dimension, classes, spec, start, **numbers)
        self.register_buffer("mean", torch.tensor(20.0))
        self.register_buffer("spread", torch.tensor(100.0))

    def margin_logits(self, features: Tensor, labels: Tensor) -> Tensor:
        spec, length = self.spec, features.detach().norm(dim=1, keepdim=True)
        if self.training:
            self.mean.lerp_(length.mean().to(self.mean), MOMENTUM)
            if len(length) > 1:
                self.spread.lerp_(length.std().to(self.spread), MOMENTUM)
        z = (spec.h * (length - self.mean) / (self.spread + NARROW)).clamp(-1, 1)
        angle = (self.target_angle(features, labels) - spec.m * z).clamp(0, torch.pi)
        return self.s * replace_target(self.cosines(features), labels, angle.cos() - spec.m * (1 + z))


def falling_cosine(angle: Tensor) -> Tensor:
    """cos up to pi, and beyond it its falling continuation, as psi has it."""
    return torch.where(angle <= torch.pi, angle.cos(), -angle.cos() - 2)
