"""Every head of this package by the name that a row of config.json gives it.

A head is a class with a `Spec`, in a file of this folder: the file is all that has to be written.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from functools import cache

import marginalia.losses
from marginalia.core.margin import MarginSpec
from marginalia.losses.angle_linear import AngleLinear
from marginalia.losses.from_file import build_user_head, require_trainable
from marginalia.losses.head import Head
from marginalia.losses.metric_learning import MetricLearningSpec, objective
from marginalia.losses.spec import HeadSpec, LossSpec, UserLoss, UserPsi


@cache
def heads() -> dict[str, type[Head]]:
    """All heads that a row can name, in the order of their names; a row of AngleLinear names none."""
    for module in pkgutil.iter_modules(marginalia.losses.__path__):
        importlib.import_module(f"{marginalia.losses.__name__}.{module.name}")
    found = sorted(named(Head.__subclasses__()), key=lambda head: head.Spec.name.lower())
    return {head.Spec.name: head for head in found}


def named(classes: Iterable[type[Head]]) -> Iterator[type[Head]]:
    """Those of this folder that have numbers and a name, and their subclasses that have."""
    for head in classes:
        ours = head.__module__.startswith(f"{marginalia.losses.__name__}.")
        if ours and "Spec" in vars(head) and issubclass(head.Spec, HeadSpec):
            yield head
        yield from named(head.__subclasses__())


def build_head(spec: LossSpec, dimension: int, classes: int, start: str) -> Head:
    """A new head with these numbers. Raises InputError if it is of the user's own and cannot be made."""
    if isinstance(spec, UserLoss | UserPsi):
        return build_user_head(spec, dimension, classes, start)
    head: type = AngleLinear if isinstance(spec, MarginSpec) else heads()[spec.name]
    return head(dimension, classes, spec, start)


def require_available(spec: LossSpec, dimension: int) -> None:
    """InputError if the loss is another library's or the user's own and cannot be trained with."""
    if isinstance(spec, UserLoss | UserPsi):
        require_trainable(spec, dimension)
    if isinstance(spec, MetricLearningSpec):
        objective(spec.loss)
