"""What the callbacks have in common: parts of a model by their names, and metrics as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from marginalia.core.errors import InputError
from marginalia.core.parsing import nearest

if TYPE_CHECKING:
    from torch import nn


def part_of(model: nn.Module, head: str | nn.Module | None) -> nn.Module | None:
    """The module of this dotted name; a module and None stay. Raises InputError if there is none."""
    if not isinstance(head, str):
        return head
    named = dict(model.named_modules())
    if head not in named:
        raise InputError(f"head: the model has no part {head!r}; {nearest(head, [name for name in named if name])}")
    return named[head]


def numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """The metrics that are single numbers."""
    return {name: float(value) for name, value in metrics.items() if np.ndim(value) == 0 and not isinstance(value, str)}
