"""SphereFace-R: SphereFace with bounded angles and a gradient that leaves the margin out."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from marginalia.config.heads import SphereFaceRSpec
from marginalia.losses.head import CosineHead, own, with_own


class SphereFaceR(CosineHead):
    """Cross-entropy of s times the cosines, with a factor m on the own angle (v1) or 1 / m on all others (v2).

        v1: cos(min(m theta_y, pi)) against cos(theta_j)          v2: cos(theta_y) against cos(theta_j / m)

    The change that the margin makes is a constant to the gradient (characteristic gradient detachment).
    Source: Liu et al., SphereFace Revived (2109.05565), hard feature normalisation.
    """

    def __init__(self, dimension: int, classes: int, spec: SphereFaceRSpec, start: str):
        super().__init__(dimension, classes, start, spec.s)
        self.spec = spec

    def margin_logits(self, features: Tensor, labels: Tensor) -> Tensor:
        cosines = self.cosines(features)
        change = self.bent(cosines.detach(), labels) - cosines.detach()
        return self.s * (cosines + change)

    def bent(self, cosines: Tensor, labels: Tensor) -> Tensor:
        """The cosines as training sees them, (N, C)."""
        theta = cosines.acos()
        if self.spec.version == 1:
            return with_own(cosines, labels, (self.spec.m * own(theta, labels)).clamp_max(math.pi).cos())
        return with_own(torch.cos(theta / self.spec.m), labels, own(cosines, labels))
