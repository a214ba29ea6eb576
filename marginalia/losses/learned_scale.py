"""NormFace with the scale learned, and AdaCos, which computes it."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from marginalia.config.heads import AdaCosSpec, LearnedScaleSpec
from marginalia.losses.head import CosineHead, own, with_own

SMALLEST_SCALE = 1.0


class LearnedScale(CosineHead):
    """Cross-entropy of s cos(theta), s a parameter that starts at the s given.

    Source: NormFace (1704.06369), section 3.3; s starts large enough there for the loss to come down (section 3.2).
    """

    def __init__(self, dimension: int, classes: int, spec: LearnedScaleSpec, start: str):
        super().__init__(dimension, classes, start, spec.s)
        self.scale = nn.Parameter(torch.tensor(float(spec.s)))

    def logits(self, features: Tensor) -> Tensor:
        return self.scale * self.cosines(features)


class AdaCos(CosineHead):
    """Cross-entropy of s cos(theta), where s keeps the probability of the own class steep at the median angle.

        s_0 = sqrt(2) log(max(C - 1, 2))
        B   = mean over the batch of sum_{j != y} exp(s_0 cos(theta_j))
        s   = log(B) / cos(min(pi / 4, median theta_y))

    The paper puts the last step's s into B. In its many dimensions the others stand at right angles, and B is C - 1
    whatever s is. In two, wherever another class is in front, s would feed on itself (1e11 in MNIST's first epoch);
    s_0 ends that, and s is at most sqrt(2) (s_0 + log(C - 1)). Where all others are far behind B falls under 1 and s
    under 0: s is kept at 1 at least.
    Source: AdaCos (1905.00292), eq. 14 to 16.
    """

    scale: Tensor

    def __init__(self, dimension: int, classes: int, spec: AdaCosSpec, start: str):
        first = math.sqrt(2) * math.log(max(classes - 1, 2))
        super().__init__(dimension, classes, start, first)
        self.first_scale = first
        self.register_buffer("scale", torch.tensor(first))

    def logits(self, features: Tensor) -> Tensor:
        return self.scale * self.cosines(features)

    def margin_logits(self, features: Tensor, labels: Tensor) -> Tensor:
        cosines = self.cosines(features)
        if self.training:
            self.adapt(cosines.detach(), labels)
        return self.scale * cosines

    def adapt(self, cosines: Tensor, labels: Tensor) -> None:
        """One step of eq. 15, with B at s_0, and 16. cosines: (N, C); labels: int64 (N,)."""
        without_own = with_own(self.first_scale * cosines, labels, cosines.new_full((len(labels), 1), -torch.inf))
        log_b = without_own.flatten().logsumexp(dim=0) - math.log(len(labels))
        median = own(cosines, labels).acos().median()
        self.scale.copy_((log_b / median.clamp_max(math.pi / 4).cos()).clamp_min(SMALLEST_SCALE))
