"""Losses of the user's own, from a file of Python: a `Head`, a function psi of the angle, or any module."""

from __future__ import annotations

import inspect
import math
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from marginalia.core.errors import InputError
from marginalia.core.margin import FINE_SAMPLES
from marginalia.core.user_code import UserCode, load
from marginalia.losses.angle_linear import SCALE, SCALE_2D
from marginalia.losses.class_means import ClassMeansHead
from marginalia.losses.head import CosineHead, Head, replace_target
from marginalia.losses.spec import HeadSpec, UserLoss, UserPsi

WEIGHTS = ("weight", "W", "weights", "centers", "centres", "proxies")
DIMENSION = ("dimension", "embedding_size", "in_features", "feat_dim")
CLASSES = ("classes", "num_classes", "out_features")
TRIED = (0, 0, 0, 1, 2, 2, 3)


class PsiHead(CosineHead):
    """Cross-entropy of s psi(theta_y) and, for the others, s cos(theta_j), with a function psi of the user's."""

    def psi(self, theta: Tensor) -> Tensor:
        """Angles in radians, (N,) -> (N,). Raises InputError if the function gives anything else."""
        value = self.spec.code.value(theta)
        if not isinstance(value, Tensor) or value.shape != theta.shape:
            given = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
            raise InputError(f"{self.spec.name} gives {given} for a tensor of angles; give a tensor of their shape")
        return value.to(theta.dtype)

    def margin_logits(self, features: Tensor, labels: Tensor) -> Tensor:
        target = self.psi(self.target_angle(features, labels)[:, 0])
        return self.s * replace_target(self.cosines(features), labels, target[:, None])

    @torch.no_grad()
    def sampled_psi(self) -> np.ndarray:
        return self.psi(torch.from_numpy(np.linspace(0, math.pi, FINE_SAMPLES))).numpy()


class ModuleHead(ClassMeansHead):
    """A module of the user's with forward(features, labels); if it has class weights, the nearest by angle predicts."""

    def __init__(self, dimension: int, classes: int, spec: UserLoss, start: str):
        super().__init__(dimension, classes, spec, start)
        self.objective = spec.code.value(**arguments(spec.code, dimension, classes))

    def own_weight(self) -> nn.Parameter | None:
        """The module's parameter of class weights, (C, D) or (D, C), by its name; None if it has none."""
        shapes = (self.weight.shape, self.weight.shape[::-1])
        found = self.objective.named_parameters()
        return next((p for name, p in found if name.rpartition(".")[2] in WEIGHTS and p.shape in shapes), None)

    @torch.no_grad()
    def update_class_means(self, features: Tensor, labels: Tensor) -> None:
        own = self.own_weight()
        if own is None:
            super().update_class_means(features, labels)
        else:
            self.weight.copy_(own if own.shape == self.weight.shape else own.T)


def arguments(code: UserCode, dimension: int, classes: int) -> dict[str, int]:
    """What the constructor of a module is called with. Raises InputError if it needs anything else."""
    known = dict.fromkeys(DIMENSION, dimension) | dict.fromkeys(CLASSES, classes)
    parameters = inspect.signature(code.value).parameters.values()
    asked = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    unknown = [p.name for p in asked if p.default is p.empty and p.name not in known]
    if unknown:
        raise InputError(
            f"{code.name} needs {', '.join(unknown)}; give a default, or name the sizes {DIMENSION[0]} and {CLASSES[0]}"
        )
    return {p.name: known[p.name] for p in asked if p.name in known}


def user_loss(text: str, dimension: int) -> UserLoss | UserPsi:
    """The loss that PATH.py:NAME names. Raises InputError if it is none."""
    code = load(text)
    kind = code.value
    if not isinstance(kind, type) and not isinstance(kind, nn.Module):
        try:
            return UserPsi(code, getattr(kind, "s", SCALE_2D if dimension == 2 else SCALE))
        except (TypeError, ValueError) as error:
            raise InputError(f"{text}: {error}") from None
    if not isinstance(kind, type) or not issubclass(kind, nn.Module):
        raise InputError(f"{text} is neither a function psi(theta) nor a class of torch.nn.Module or marginalia's Head")
    if not issubclass(kind, Head):
        return UserLoss(code, HeadSpec().inference_spec, "sectors")
    with torch.random.fork_rng():
        spec = user_head(code, dimension, len(set(TRIED))).spec
    return UserLoss(code, replace(spec.inference_spec, m1=1, m2=0, m3=0), spec.regions)


def build_user_head(spec: UserLoss | UserPsi, dimension: int, classes: int, start: str) -> Head:
    """A new head. Raises InputError if the user's class cannot be made."""
    if isinstance(spec, UserPsi):
        return PsiHead(dimension, classes, spec, start)
    if issubclass(spec.code.value, Head):
        return user_head(spec.code, dimension, classes)
    with spec.code.running(f"{spec.name}()"):
        return ModuleHead(dimension, classes, spec, start)


def user_head(code: UserCode, dimension: int, classes: int) -> Head:
    with code.running(f"{code.name}({dimension}, {classes})"):
        return code.value(dimension, classes)


def require_trainable(spec: UserLoss | UserPsi, dimension: int) -> None:
    """Tries seven points of four classes. Raises InputError unless it gives a finite scalar and a slope."""
    with torch.random.fork_rng(), spec.code.running(spec.name):
        head = build_user_head(spec, dimension, len(set(TRIED)), "even").train()
        loss = head.loss(torch.randn(len(TRIED), dimension, requires_grad=True), torch.tensor(TRIED))
        problem = what_is_wrong(loss)
        if problem:
            raise InputError(f"{spec.name} {problem}; look at it with: python -m marginalia check FILE.py:{spec.name}")
        loss.backward()
        shape, samples = tuple(head.directions().shape), head.sampled_psi()
    if shape != (len(set(TRIED)), dimension):
        raise InputError(f"{spec.name} has class weights of shape {shape}; directions() must give (classes, dimension)")
    if samples is not None and not np.isfinite(samples).all():
        angle = 180 * np.flatnonzero(~np.isfinite(samples))[0] / (len(samples) - 1)
        raise InputError(f"{spec.name} is not finite at {angle:g} degrees; let psi be finite from 0 to 180 degrees")


def what_is_wrong(loss: Any) -> str:
    """Why a result of seven points cannot be a loss; "" if it can."""
    if not isinstance(loss, Tensor):
        return f"gives {type(loss).__name__} and no tensor"
    if loss.ndim:
        return f"gives a loss of shape {tuple(loss.shape)} and no scalar: take its mean"
    if not loss.isfinite():
        return f"gives {loss.item():g} for seven random points"
    return "" if loss.requires_grad else "gives a loss without a gradient"
