"""Sub-center ArcFace: several directions a class, of which the nearest counts."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from marginalia.config.heads import SubCenterSpec
from marginalia.core.margin import psi
from marginalia.losses.head import COSINE_CLAMP, Head, initial_directions, own, with_own


class SubCenterArcFace(Head):
    """ArcFace on the largest cosine of the K sub-centres of each class.

    Source: Deng et al., Sub-center ArcFace, ECCV 2020, eq. 2; K 3, s 64, m 0.5 there. Drawn is the first sub-centre
    that most images of the last batches chose.
    """

    chosen: Tensor

    def __init__(self, dimension: int, classes: int, spec: SubCenterSpec, start: str):
        super().__init__()
        self.spec, self.centres = spec, spec.centres
        first = initial_directions(classes, dimension, start)
        scatter = 0.1 * first.norm(dim=1).mean() * torch.randn(self.centres, classes, dimension)
        self.weight = nn.Parameter((first + scatter).transpose(0, 1).contiguous())
        self.register_buffer("chosen", torch.zeros(classes, self.centres))

    def all_cosines(self, features: Tensor) -> Tensor:
        """(N, D) -> (N, C, K)."""
        weight = F.normalize(self.weight, dim=2)
        return torch.einsum("nd,ckd->nck", F.normalize(features.float()), weight)

    def logits(self, features: Tensor) -> Tensor:
        return self.spec.s * self.all_cosines(features).amax(dim=2)

    def margin_logits(self, features: Tensor, labels: Tensor) -> Tensor:
        every = self.all_cosines(features)
        if self.training:
            self.count(every.detach(), labels)
        cosines = every.amax(dim=2).clamp(-1 + COSINE_CLAMP, 1 - COSINE_CLAMP)
        target = psi(own(cosines, labels).acos(), self.spec.arcface)
        return self.spec.s * with_own(cosines, labels, target)

    def count(self, every: Tensor, labels: Tensor) -> None:
        """Which sub-centre the images of each class choose, forgetting old batches slowly."""
        picks = F.one_hot(every[torch.arange(len(labels)), labels].argmax(dim=1), self.centres)
        self.chosen.mul_(0.99).index_add_(0, labels, picks.to(self.chosen.dtype))

    def directions(self) -> Tensor:
        rows = torch.arange(len(self.weight), device=self.weight.device)
        return self.weight.detach()[rows, self.chosen.argmax(dim=1)]
