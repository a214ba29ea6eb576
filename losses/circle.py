"""Circle loss with class weights as proxies."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from losses.head import CosineHead, own, with_own
from losses.specs import CircleSpec


class CircleLoss(CosineHead):
    """With s_p = cos(theta_y), s_n = cos(theta_j), a_p = max(1 + m - s_p, 0) and a_n = max(s_n + m, 0) as constants,

        loss = log(1 + sum_j exp(s (a_n (s_n - m) - a_p (s_p - 1 + m))))

    Source: Sun et al. (2002.10857), eq. 7 to 10, class level; m 0.25 and s 256 there.
    """

    def __init__(self, dimension: int, classes: int, spec: CircleSpec, start: str):
        super().__init__(dimension, classes, start, spec.s)
        self.spec = spec

    def loss(self, features: Tensor, labels: Tensor) -> Tensor:
        m, cosines = self.spec.m, self.cosines(features)
        positive = own(cosines, labels)
        pull = (1 + m - positive.detach()).clamp_min(0)
        push = (cosines.detach() + m).clamp_min(0)
        others = with_own(self.s * push * (cosines - m), labels, torch.full_like(positive, -torch.inf))
        return F.softplus(others.logsumexp(dim=1) - (self.s * pull * (positive - 1 + m)).squeeze(1)).mean()
