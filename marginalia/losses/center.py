"""Center loss: softmax, and every feature is drawn to the centre of its class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from marginalia.core.margin import MarginSpec
from marginalia.losses.angle_linear import AngleLinear
from marginalia.losses.head import Head
from marginalia.losses.spec import HeadSpec, number

SOFTMAX = MarginSpec(w_norm=False, x_norm=False, s=1, m1=1, m2=0, m3=0)


@dataclass(frozen=True)
class CenterSpec(HeadSpec):
    name: ClassVar[str] = "center"
    inference_spec: ClassVar[MarginSpec] = SOFTMAX
    weight: float = number(0)
    alpha: float = number(0, 1, above=True)


class CenterLoss(Head):
    """Cross-entropy of softmax + weight / 2 mean |x - c_y|^2.

    The centres are no parameters: after each batch c_j moves by -alpha sum (c_j - x) / (1 + n_j) over the n_j features
    of its class. Source: Wen et al., A Discriminative Feature Learning Approach, ECCV 2016, eq. 2 to 5; lambda 0.003
    and alpha 0.5 there.
    """

    Spec = CenterSpec
    centres: Tensor

    def __init__(self, dimension: int, classes: int, spec: Any = None, start: str = "random", **numbers: Any):
        super().__init__(spec, **numbers)
        self.softmax = AngleLinear(dimension, classes, SOFTMAX, start)
        self.weight = self.softmax.weight
        self.register_buffer("centres", torch.zeros(classes, dimension))

    def logits(self, features: Tensor) -> Tensor:
        return self.softmax.logits(features)

    def criterion(self, features: Tensor, labels: Tensor) -> Tensor:
        pull = (features - self.centres[labels]).square().sum(dim=1).mean()
        loss = F.cross_entropy(self.logits(features), labels) + self.spec.weight / 2 * pull
        if self.training:
            self.move_centres(features.detach().to(self.centres.dtype), labels)
        return loss

    def move_centres(self, features: Tensor, labels: Tensor) -> None:
        """The paper's update of the centres, eq. 4."""
        counts = torch.bincount(labels, minlength=len(self.centres)).unsqueeze(1)
        difference = counts * self.centres - torch.zeros_like(self.centres).index_add_(0, labels, features)
        # not in place: torch.compile computes the gradient after this, from what is then in the tensor
        self.centres = self.centres - self.spec.alpha * difference / (1 + counts)
