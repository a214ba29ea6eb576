"""Losses without class weights of their own: the class means stand in for them."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from marginalia.losses.head import CosineHead


class ClassMeansHead(CosineHead):
    """A loss of features and labels; what is drawn and what predicts are the class means.

    The weights are no parameters: before each evaluation they become the mean directions of the training images
    displayed, and the prediction is the class of the nearest. objective: (N, D), int64 (N,) -> scalar.
    """

    s = 1.0
    objective: Any

    def __init__(self, dimension: int, classes: int, spec: Any = None, start: str = "even", **numbers: Any):
        super().__init__(dimension, classes, spec, start, **numbers)
        self.weight.requires_grad_(False)

    def criterion(self, features: Tensor, labels: Tensor) -> Tensor:
        return self.objective(features, labels)

    @torch.no_grad()
    def update_class_means(self, features: Tensor, labels: Tensor) -> None:
        directions = F.normalize(features.to(self.weight.dtype))
        sums = torch.zeros_like(self.weight).index_add_(0, labels, directions)
        present = torch.bincount(labels, minlength=len(sums)) > 0
        self.weight[present] = F.normalize(sums[present])
