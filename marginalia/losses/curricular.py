"""CurricularFace: hard negatives count more as training goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from marginalia.core.margin import psi
from marginalia.losses.head import CosineHead, replace_target
from marginalia.losses.spec import HeadSpec, arcface, number

MOMENTUM = 0.01


@dataclass(frozen=True)
class CurricularSpec(HeadSpec):
    name: ClassVar[str] = "CurricularFace"
    s: float = number(0, above=True)
    m: float = number(0)


class CurricularFace(CosineHead):
    """ArcFace's target logit; a negative that beats it is multiplied by (t + cos theta_j), t the mean target cosine.

        target: s cos(theta_y + m)
        others: s cos(theta_j)                        if cos(theta_j) <= cos(theta_y + m)
                s cos(theta_j) (t + cos(theta_j))     else

    Source: Huang et al. (2004.00288), eq. 6 to 9; m 0.5 and s 64 there, t moves by 0.01 of the way each batch.
    """

    Spec = CurricularSpec
    t: Tensor

    def __init__(self, dimension: int, classes: int, spec: Any = None, start: str = "even", **numbers: Any):
        super().__init__(dimension, classes, spec, start, **numbers)
        self.arcface = arcface(self.spec.s, self.spec.m)
        self.register_buffer("t", torch.zeros(()))

    def margin_logits(self, features: Tensor, labels: Tensor) -> Tensor:
        cosines, angle = self.cosines(features), self.target_angle(features, labels)
        if self.training:
            self.t.lerp_(angle.detach().cos().mean().to(self.t.dtype), MOMENTUM)
        target = psi(angle, self.arcface)
        hard = cosines > target
        others = torch.where(hard, cosines * (self.t + cosines), cosines)
        return self.s * replace_target(others, labels, target)
