"""The last layer of a model of the user's own: its class weights, its predictions, and what can be drawn of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from marginalia.core.errors import InputError
from marginalia.core.margin import FINE_SAMPLES, MarginSpec
from marginalia.losses.head import Head
from marginalia.record.description import DrawnHead
from marginalia.record.snapshot import UNBENT

WEIGHTS = ("weight", "W", "proxies", "weights", "centers", "centres")
LENGTHS = {"LargeMarginSoftmaxLoss": (False, False), "SphereFaceLoss": (True, False)}  # w_norm, x_norm
LARGEST_NAME = 60


@dataclass(frozen=True)
class Classifier:
    """module: the layer itself. weight: gives its class weights, (C, D). predict: features (N, D) -> classes (N,).

    bias: gives (C,), or None. psi: gives the samples of `Snapshot.psi`, or None.
    """

    module: nn.Module
    drawn: DrawnHead
    lossname: str
    weight: Callable[[], Tensor]
    predict: Callable[[Tensor], Tensor]
    bias: Callable[[], Tensor | None] = lambda: None
    psi: Callable[[], np.ndarray | None] = lambda: None

    def arrays(self) -> dict[str, Any]:
        """weights, bias and psi as `Recorder.add` takes them."""
        bias = self.bias()
        return {
            "weights": as_array(self.weight()),
            "bias": None if bias is None else as_array(bias),
            "psi": self.psi(),
        }

    def require_fits(self, features: Tensor) -> None:
        """InputError unless features and class weights have the same length."""
        dimension, found = self.weight().shape[1], features.shape[1]
        if found != dimension:
            raise InputError(
                f"the features have {found} numbers, the class weights {dimension}; choose others: layer= or features="
            )


def as_array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().float().cpu().numpy().copy()


def classifier_of(head: nn.Module) -> Classifier:
    """Raises InputError for a module that has no weight for each class."""
    head = unwrapped(head)
    if isinstance(head, Head):
        return of_head(head)
    if isinstance(head, nn.Linear) and type(head).forward is nn.Linear.forward:  # else it may normalise
        return of_linear(head)
    return of_cosines(head)


def unwrapped(module: nn.Module) -> nn.Module:
    """The module itself, without DistributedDataParallel, DataParallel and torch.compile around it."""
    while True:
        inner = getattr(module, "_orig_mod", None)
        if isinstance(module, nn.parallel.DistributedDataParallel | nn.DataParallel):
            inner = module.module
        if inner is None:
            return module
        module = inner


def of_linear(head: nn.Linear) -> Classifier:
    def predict(features: Tensor) -> Tensor:
        return largest(head(features.to(head.weight.dtype)))

    return Classifier(head, DrawnHead(UNBENT), "", lambda: head.weight, predict, bias=lambda: head.bias)


def of_head(head: Head) -> Classifier:
    """One of our heads, or one that somebody derived from `Head`."""
    spec = head.spec
    name = getattr(spec, "name", "")
    drawn = DrawnHead(spec.inference_spec, name, getattr(spec, "regions", "sectors"))
    psi = getattr(head, "sampled_psi", lambda: None)
    return Classifier(head, drawn, name, head.directions, lambda features: largest(head(features)), psi=psi)


def of_cosines(head: Any) -> Classifier:
    """A loss of pytorch-metric-learning, or any module with a weight for each class, by the cosine to the features."""
    found = next((name for name in WEIGHTS if isinstance(getattr(head, name, None), Tensor)), None)
    if found is None or getattr(head, found).ndim != 2 or getattr(head, "sub_centers", 1) != 1:
        raise InputError(
            f"head: {type(head).__name__} has no weight for each class that can be read ({', '.join(WEIGHTS)}); "
            "give an nn.Linear, or leave head out and call rec.add(…, weights=…)"
        )

    def weight() -> Tensor:
        values = getattr(head, found)
        return values.T if found == "W" else values

    def predict(features: Tensor) -> Tensor:
        if hasattr(head, "get_logits"):
            return largest(head.get_logits(features.to(weight().dtype)))
        return largest(F.linear(F.normalize(features.float()), F.normalize(weight().float())))

    name = type(head).__name__[:LARGEST_NAME]
    w_norm, x_norm = LENGTHS.get(name, (True, True))
    s = 1 / float(head.temperature) if hasattr(head, "temperature") else float(getattr(head, "scale", 1.0))
    spec = MarginSpec(w_norm, x_norm, s, m1=1, m2=0, m3=0)
    return Classifier(head, DrawnHead(spec, name), name, weight, predict, psi=lambda: psi_of(head))


def psi_of(head: Any) -> np.ndarray | None:
    """What the margin losses of pytorch-metric-learning make of the angle, float64 (721,); None for other modules."""
    if not hasattr(head, "modify_cosine_of_target_classes"):
        return None
    with torch.no_grad():
        cosines = torch.linspace(0, torch.pi, FINE_SAMPLES, dtype=torch.float64).cos()
        return head.modify_cosine_of_target_classes(cosines).numpy()


def largest(logits: Tensor) -> Tensor:
    return logits.argmax(dim=1)
