"""Circle loss with class weights as proxies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from marginalia.losses.head import CosineHead, replace_target, target_logit
from marginalia.losses.spec import HeadSpec, number


@dataclass(frozen=True)
class CircleSpec(HeadSpec):
    name: ClassVar[str] = "Circle"
    s: float = number(0, above=True)
    m: float = number(0, 1)


class CircleLoss(CosineHead):
    """With s_p = cos(theta_y), s_n = cos(theta_j), a_p = max(1 + m - s_p, 0) and a_n = max(s_n + m, 0) as constants,

        loss = log(1 + sum_j exp(s (a_n (s_n - m) - a_p (s_p - 1 + m)))),

    which is the cross-entropy of the logits s a_p (s_p - 1 + m) and s a_n (s_n - m).
    Source: Sun et al. (2002.10857), eq. 7 to 10, class level; m 0.25 and s 256 there.
    """

    Spec = CircleSpec

    def margin_logits(self, features: Tensor, labels: Tensor) -> Tensor:
        m, cosines = self.spec.m, self.cosines(features)
        positive = target_logit(cosines, labels)
        pull = (1 + m - positive.detach()).clamp_min(0)
        push = (cosines.detach() + m).clamp_min(0)
        return self.s * replace_target(push * (cosines - m), labels, pull * (positive - 1 + m))
