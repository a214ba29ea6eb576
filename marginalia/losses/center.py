"""Center loss: softmax, and every feature is drawn to the centre of its class."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from marginalia.config.heads import CenterSpec
from marginalia.core.margin import MarginSpec
from marginalia.losses.angle_linear import AngleLinear
from marginalia.losses.head import Head


class CenterLoss(Head):
    """Cross-entropy of softmax + weight / 2 mean |x - c_y|^2.

    The centres are no parameters: after each batch c_j moves by -alpha sum (c_j - x) / (1 + n_j) over the n_j features
    of its class. Source: Wen et al., A Discriminative Feature Learning Approach, ECCV 2016, eq. 2 to 5; lambda 0.003
    and alpha 0.5 there.
    """

    centres: Tensor

    def __init__(self, dimension: int, classes: int, spec: CenterSpec, start: str):
        super().__init__()
        self.spec = spec
        plain = MarginSpec(w_norm=False, x_norm=False, s=1, m1=1, m2=0, m3=0)
        self.softmax = AngleLinear(dimension, classes, plain, start)
        self.weight = self.softmax.weight
        self.register_buffer("centres", torch.zeros(classes, dimension))

    def logits(self, features: Tensor) -> Tensor:
        return self.softmax.logits(features)

    def loss(self, features: Tensor, labels: Tensor) -> Tensor:
        features = features.float()
        pull = (features - self.centres[labels]).square().sum(dim=1).mean()
        loss = F.cross_entropy(self.logits(features), labels) + self.spec.weight / 2 * pull
        if self.training:
            self.move_centres(features.detach(), labels)
        return loss

    def move_centres(self, features: Tensor, labels: Tensor) -> None:
        """The paper's update of the centres, eq. 4."""
        counts = torch.bincount(labels, minlength=len(self.centres)).unsqueeze(1)
        difference = counts * self.centres - torch.zeros_like(self.centres).index_add_(0, labels, features)
        self.centres -= self.spec.alpha * difference / (1 + counts)
