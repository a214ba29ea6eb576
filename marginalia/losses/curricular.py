"""CurricularFace: hard negatives count more as training goes on."""

from __future__ import annotations

import torch
from torch import Tensor

from marginalia.config.heads import CurricularSpec
from marginalia.core.margin import psi
from marginalia.losses.head import CosineHead, own, with_own

MOMENTUM = 0.01


class CurricularFace(CosineHead):
    """ArcFace's own logit; a negative that beats it is multiplied by (t + cos theta_j), t the mean own cosine so far.

        own:    s cos(theta_y + m)
        others: s cos(theta_j)                        if cos(theta_j) <= cos(theta_y + m)
                s cos(theta_j) (t + cos(theta_j))     else

    Source: Huang et al. (2004.00288), eq. 6 to 9; m 0.5 and s 64 there, t moves by 0.01 of the way each batch.
    """

    t: Tensor

    def __init__(self, dimension: int, classes: int, spec: CurricularSpec, start: str):
        super().__init__(dimension, classes, start, spec.s)
        self.spec = spec.arcface
        self.register_buffer("t", torch.zeros(()))

    def margin_logits(self, features: Tensor, labels: Tensor) -> Tensor:
        cosines = self.cosines(features)
        if self.training:
            self.t.lerp_(own(cosines.detach(), labels).mean(), MOMENTUM)
        target = psi(own(cosines, labels).acos(), self.spec)
        hard = cosines > target
        others = torch.where(hard, cosines * (self.t + cosines), cosines)
        return self.s * with_own(others, labels, target)
