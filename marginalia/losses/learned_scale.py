"""NormFace with the scale learned, and AdaCos, which computes it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from marginalia.losses.head import CosineHead, replace_target
from marginalia.losses.spec import HeadSpec, number

SMALLEST_SCALE = 1.0


@dataclass(frozen=True)
class LearnedScaleSpec(HeadSpec):
    name: ClassVar[str] = "learned-scale"
    s: float = number(0, above=True)


class LearnedScale(CosineHead):
    """Cross-entropy of s cos(theta), s a parameter that starts at the s given.

    Source: NormFace (1704.06369), section 3.3; s starts large enough there for the loss to come down (section 3.2).
    """

    Spec = LearnedScaleSpec

    def __init__(self, dimension: int, classes: int, spec: Any = None, start: str = "even", **numbers: Any):
        super().__init__(dimension, classes, spec, start, **numbers)
        self.scale = nn.Parameter(torch.tensor(float(self.spec.s)))

    def logits(self, features: Tensor) -> Tensor:
        return self.scale * self.cosines(features)


@dataclass(frozen=True)
class AdaCosSpec(HeadSpec):
    name: ClassVar[str] = "AdaCos"


class AdaCos(CosineHead):
    """Cross-entropy of s cos(theta), where s keeps the probability of the target steep at the median angle.

        s_0 = sqrt(2) log(max(C - 1, 2))
        B   = mean over the batch of sum_{j != y} exp(s_0 cos(theta_j))
        s   = log(B) / cos(min(pi / 4, median theta_y))

    The paper puts the last step's s into B. In its many dimensions the others stand at right angles, and B is C - 1
    whatever s is. In two, wherever another class is in front, s would feed on itself (1e11 in MNIST's first epoch);
    s_0 ends that, and s is at most sqrt(2) (s_0 + log(C - 1)). Where all others are far behind B falls under 1 and s
    under 0: s is kept at 1 at least.
    Source: AdaCos (1905.00292), eq. 14 to 16.
    """

    Spec = AdaCosSpec
    scale: Tensor

    def __init__(self, dimension: int, classes: int, spec: Any = None, start: str = "even"):
        super().__init__(dimension, classes, spec, start)
        self.first_scale = math.sqrt(2) * math.log(max(classes - 1, 2))
        self.register_buffer("scale", torch.tensor(self.first_scale))

    def logits(self, features: Tensor) -> Tensor:
        return self.scale * self.cosines(features)

    def margin_logits(self, features: Tensor, labels: Tensor) -> Tensor:
        cosines = self.cosines(features)
        if self.training:
            self.adapt(cosines.detach(), self.target_angle(features.detach(), labels).detach(), labels)
        return self.scale.clone() * cosines  # the next batch may change the scale before this one's backward pass

    def adapt(self, cosines: Tensor, angles: Tensor, labels: Tensor) -> None:
        """One step of eq. 15, with B at s_0, and 16. cosines: (N, C); angles: theta_y, (N, 1); labels: int64 (N,)."""
        others = replace_target(self.first_scale * cosines, labels, torch.full_like(angles, -torch.inf))
        log_b = others.flatten().logsumexp(dim=0) - math.log(len(labels))
        self.scale.copy_((log_b / angles.median().clamp_max(math.pi / 4).cos()).clamp_min(SMALLEST_SCALE))
