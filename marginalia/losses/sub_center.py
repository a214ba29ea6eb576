"""Sub-center ArcFace: several directions a class, of which the nearest counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from marginalia.core.margin import psi
from marginalia.losses.head import Head, angle_between, initial_directions, replace_target
from marginalia.losses.spec import HeadSpec, arcface, number


@dataclass(frozen=True)
class SubCenterSpec(HeadSpec):
    name: ClassVar[str] = "sub-center"
    regions: ClassVar[str] = "none"
    s: float = number(0, above=True)
    m: float = number(0)
    centres: int = number(1, 16)


class SubCenterArcFace(Head):
    """ArcFace on the largest cosine of the K sub-centres of each class.

    Source: Deng et al., Sub-center ArcFace, ECCV 2020, eq. 2; K 3, s 64, m 0.5 there. Drawn is the first sub-centre
    that most images of the last batches chose.
    """

    Spec = SubCenterSpec
    chosen: Tensor

    def __init__(self, dimension: int, classes: int, spec: Any = None, start: str = "even", **numbers: Any):
        super().__init__(spec, **numbers)
        self.centres = self.spec.centres
        self.arcface = arcface(self.spec.s, self.spec.m)
        first = initial_directions(classes, dimension, start)
        scatter = 0.1 * first.norm(dim=1).mean() * torch.randn(self.centres, classes, dimension)
        self.weight = nn.Parameter((first + scatter).transpose(0, 1).contiguous())
        self.register_buffer("chosen", torch.zeros(classes, self.centres))

    def all_cosines(self, features: Tensor) -> Tensor:
        """(N, D) -> (N, C, K)."""
        weight = F.normalize(self.weight.to(features.dtype), dim=2)
        return torch.einsum("nd,ckd->nck", F.normalize(features), weight)

    def logits(self, features: Tensor) -> Tensor:
        return self.spec.s * self.all_cosines(features).amax(dim=2)

    def margin_logits(self, features: Tensor, labels: Tensor) -> Tensor:
        every = self.all_cosines(features)
        nearest = every.detach()[torch.arange(len(labels), device=labels.device), labels].argmax(dim=1)
        if self.training:
            self.count(nearest, labels)
        weight = F.normalize(self.weight[labels, nearest].to(features.dtype))
        target = psi(angle_between(F.normalize(features), weight), self.arcface)
        return self.spec.s * replace_target(every.amax(dim=2), labels, target)

    def count(self, nearest: Tensor, labels: Tensor) -> None:
        """Which sub-centre the images of each class choose, forgetting old batches slowly."""
        picks = F.one_hot(nearest, self.centres)
        self.chosen.mul_(0.99).index_add_(0, labels, picks.to(self.chosen.dtype))

    def directions(self) -> Tensor:
        rows = torch.arange(len(self.weight), device=self.weight.device)
        return self.weight.detach()[rows, self.chosen.argmax(dim=1)]
