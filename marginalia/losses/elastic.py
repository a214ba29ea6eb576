"""ElasticFace: a margin drawn anew for every image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from marginalia.losses.head import CosineHead, replace_target, target_logit
from marginalia.losses.spec import HeadSpec, number


@dataclass(frozen=True)
class ElasticSpec(HeadSpec):
    name: ClassVar[str] = "ElasticFace"
    s: float = number(0, above=True)
    m: float = number(0)
    sigma: float = number(0)


class ElasticFace(CosineHead):
    """CosFace whose margin is Gaussian: target logit s (cos(theta_y) - E), E ~ N(m, sigma), in every batch anew.

    Source: Boutros et al. (2109.09416), eq. 8, ElasticFace-Cos; m 0.35, sigma 0.0125, s 64 there.
    """

    Spec = ElasticSpec

    def margin_logits(self, features: Tensor, labels: Tensor) -> Tensor:
        cosines = self.cosines(features)
        target = target_logit(cosines, labels)
        return self.s * replace_target(cosines, labels, target - self.margins(target))

    def margins(self, target: Tensor) -> Tensor | float:
        """E for each image in training, m in evaluation; drawn on the CPU, whose generator is saved."""
        if not self.training:
            return self.spec.m
        return self.spec.m + self.spec.sigma * torch.randn(target.shape).to(target)
