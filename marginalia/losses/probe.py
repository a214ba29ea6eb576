"""A loss that is tried again and again from the same state, with features at known angles from known class weights."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from marginalia.core.user_code import UserCode
from marginalia.losses.class_means import ClassMeansHead
from marginalia.losses.from_file import ModuleHead
from marginalia.losses.head import Head

LENGTH, SAMPLE = 3.0, 64
Batch = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Finding:
    """What a check has found. verdict: "ok", "note" or "wrong". mark: a word, and from where to where, degrees."""

    verdict: str
    text: str
    mark: tuple[str, float, float] | None = None


class Probe:
    """A head whose class weights are laid out: in two dimensions evenly around the circle, the first one upwards.

    code: what the head was loaded from, or None. has_weights: whether the loss has class weights of its own.
    directions: of the class weights, (C, D), of length 1.
    """

    def __init__(self, head: Head, code: UserCode | None = None):
        self.head, self.code = head, code
        weight = class_weight(head)
        self.has_weights = weight is not None
        classes, dimension = head.directions().shape
        self.evenly = even_directions(classes, dimension)
        if weight is not None:
            weight.copy_(self.evenly)
        head.update_class_means(self.evenly, torch.arange(classes))
        self.directions = F.normalize(head.directions())

    def fresh(self, dtype: torch.dtype = torch.float32, training: bool = True) -> Head:
        """A copy in its first state. The random numbers that it draws are the same for every copy."""
        torch.manual_seed(0)
        return copy.deepcopy(self.head).to(dtype).train(training)

    def steady(self) -> Head:
        """A copy in float64 that changes no state of its own; a module may have its margin in training only."""
        return self.fresh(torch.float64, training=isinstance(self.head, ClassMeansHead))

    def loss(self, batch: Batch, head: Head | None = None) -> Tensor:
        """The loss as the user wrote it: a `Head` computes in float32 at least, a module in whatever it is given."""
        head = head or self.fresh()
        return (head.objective if isinstance(head, ClassMeansHead) else head.loss)(*batch)

    def batch(self, size: int) -> Batch:
        """Random features of random classes, float32."""
        random = torch.Generator().manual_seed(size)
        classes, dimension = self.directions.shape
        labels = torch.randint(classes, (size,), generator=random)
        return LENGTH * torch.randn(size, dimension, generator=random), labels

    def at(self, theta: np.ndarray) -> Tensor:
        """Features at these angles in radians from the weight of class 0, turned towards class 1; float64 (N, D)."""
        along, other = self.directions[:2].double()
        across = F.normalize(other - (other @ along) * along, dim=0)
        if not across.isfinite().all() or across.norm() < 0.5:  # two opposite classes
            across = torch.eye(len(along), dtype=torch.float64)[int(along.abs().argmin())]
            across = F.normalize(across - (across @ along) * along, dim=0)
        angles = torch.from_numpy(np.asarray(theta, np.float64))[:, None]
        return LENGTH * (angles.cos() * along + angles.sin() * across)

    def in_words(self, error: Exception) -> str:
        """An error of the loss, with the line of the user's file."""
        message = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
        return message if self.code is None else self.code.in_words(error)


def class_weight(head: Head) -> Tensor | None:
    """The class weights of the loss itself, (C, D), to be changed in place; None if it has none or several a class."""
    if isinstance(head, ModuleHead):
        own = head.own_weight()
        return None if own is None else own.detach() if own.shape == head.weight.shape else own.detach().T
    return None if isinstance(head, ClassMeansHead) or head.weight.ndim != 2 else head.weight.detach()


def even_directions(classes: int, dimension: int) -> Tensor:
    """(C, D), of length 1."""
    if dimension == 2:
        angles = math.pi / 2 + 2 * math.pi * torch.arange(classes) / classes
        return torch.stack((angles.cos(), angles.sin()), dim=1)
    return F.normalize(torch.randn(classes, dimension, generator=torch.Generator().manual_seed(0)))


def parameters(head: nn.Module) -> list[nn.Parameter]:
    """Those that training changes."""
    return [parameter for parameter in head.parameters() if parameter.requires_grad]
