"""SphereFace-R: SphereFace with bounded angles and a gradient that leaves the margin out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from marginalia.losses.head import CosineHead, replace_target, target_logit
from marginalia.losses.spec import HeadSpec, number


@dataclass(frozen=True)
class SphereFaceRSpec(HeadSpec):
    name: ClassVar[str] = "SphereFace-R"
    s: float = number(0, above=True)
    m: float = number(1)
    version: int = number(1, 2)


class SphereFaceR(CosineHead):
    """Cross-entropy of s times the cosines, with a factor m on the target angle (v1) or 1 / m on all others (v2).

        v1: cos(min(m theta_y, pi)) against cos(theta_j)          v2: cos(theta_y) against cos(theta_j / m)

    The change that the margin makes is a constant to the gradient (characteristic gradient detachment).
    Source: Liu et al., SphereFace Revived (2109.05565), hard feature normalisation.
    """

    Spec = SphereFaceRSpec

    def margin_logits(self, features: Tensor, labels: Tensor) -> Tensor:
        cosines = self.cosines(features)
        with torch.no_grad():
            change = self.with_margin(features, cosines, labels) - cosines
        return self.s * (cosines + change)

    def with_margin(self, features: Tensor, cosines: Tensor, labels: Tensor) -> Tensor:
        """The cosines as training sees them, (N, D) and (N, C) -> (N, C)."""
        m = self.spec.m
        if self.spec.version == 1:
            return replace_target(cosines, labels, (m * self.target_angle(features, labels)).clamp_max(math.pi).cos())
        return replace_target((self.angles(features) / m).cos().to(cosines), labels, target_logit(cosines, labels))

    def angles(self, features: Tensor) -> Tensor:
        """theta_j of all classes, (N, C), in float64 where the device has it: acos loses half of the digits."""
        wide = torch.float32 if features.device.type == "mps" else torch.float64
        return F.linear(F.normalize(features.to(wide)), F.normalize(self.weight.to(wide))).clamp(-1, 1).acos()
