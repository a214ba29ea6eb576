"""Losses of pytorch-metric-learning that compare images with each other and have no class weights."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from marginalia.core.errors import InputError
from marginalia.losses.class_means import ClassMeansHead
from marginalia.losses.spec import HeadSpec

TRIED = (0, 0, 0, 1, 2, 2, 3)


@dataclass(frozen=True)
class MetricLearningSpec(HeadSpec):
    """loss: the name of a loss of pytorch-metric-learning that has no class weights."""

    name: ClassVar[str] = "pml"
    loss: str

    def __post_init__(self) -> None:
        if not self.loss.isidentifier():
            raise ValueError(f"loss must be the name of a loss of pytorch-metric-learning, not {self.loss!r}")


class MetricLearning(ClassMeansHead):
    """One of the library's losses with its own defaults. Source: Musgrave et al. (2008.09164)."""

    Spec = MetricLearningSpec

    def __init__(self, dimension: int, classes: int, spec: Any = None, start: str = "even", **numbers: Any):
        super().__init__(dimension, classes, spec, start, **numbers)
        self.objective = objective(self.spec.loss)


def objective(name: str) -> Any:
    """The loss of that name, tried on a few points; InputError if there is none that needs points and labels alone."""
    try:
        from pytorch_metric_learning import losses
    except ImportError:
        raise InputError(f"pml:{name} needs pytorch-metric-learning: pip install 'marginalia-viz[pml]'") from None
    kind: Any = getattr(losses, name, None)
    if not (inspect.isclass(kind) and issubclass(kind, losses.BaseMetricLossFunction)):
        raise InputError(f"pml:{name}: pytorch-metric-learning has no such loss; try pml:SupConLoss")
    try:
        with torch.random.fork_rng():
            made: Any = kind()
            made(torch.randn(len(TRIED), 2, requires_grad=True), torch.tensor(TRIED)).backward()
    except Exception:  # each of its losses complains in its own way
        raise InputError(f"pml:{name} needs class weights or settings; take a loss of points and labels only") from None
    return made
