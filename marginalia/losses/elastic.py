"""ElasticFace: a margin drawn anew for every image."""

from __future__ import annotations

import torch
from torch import Tensor

from marginalia.config.heads import ElasticSpec
from marginalia.losses.head import CosineHead, own, with_own


class ElasticFace(CosineHead):
    """CosFace whose margin is Gaussian: own logit s (cos(theta_y) - E), E ~ N(m, sigma), in every batch anew.

    Source: Boutros et al. (2109.09416), eq. 8, ElasticFace-Cos; m 0.35, sigma 0.0125, s 64 there.
    """

    def __init__(self, dimension: int, classes: int, spec: ElasticSpec, start: str):
        super().__init__(dimension, classes, start, spec.s)
        self.spec = spec

    def margin_logits(self, features: Tensor, labels: Tensor) -> Tensor:
        cosines = self.cosines(features)
        target = own(cosines, labels)
        return self.s * with_own(cosines, labels, target - self.margins(target))

    def margins(self, target: Tensor) -> Tensor | float:
        """E for each image in training, m when the head is looked at; drawn on the CPU, whose generator is saved."""
        if not self.training:
            return self.spec.m
        return self.spec.m + self.spec.sigma * torch.randn(target.shape).to(target.device)
