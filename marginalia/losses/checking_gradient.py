"""The gradient of a loss against central differences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from marginalia.losses.probe import SAMPLE, Batch, Finding, Probe, parameters

AT = (0.01, 1.0, 90.0, 179.0, 179.99)
STEP, DIRECTIONS, FLOOR, ROUGH, WORST = 1e-6, 4, 1e-5, 0.05, 1e-3


def check_gradient(probe: Probe) -> Iterator[Finding]:
    """Backpropagation against central differences, in float64, over features and parameters together."""
    batches = {"random features": probe.batch(SAMPLE)}
    if probe.has_weights:
        label = torch.zeros(1, dtype=torch.int64)
        batches |= {f"{angle:g}°": (probe.at(np.radians([angle])), label) for angle in AT}
    head, (features, labels) = probe.steady(), probe.batch(SAMPLE)
    with Watch() as watch:
        probe.loss((features.double(), labels), head)
    found = {where: gradient_error(probe, batch) for where, batch in batches.items()}
    errors = {where: error for where, error in found.items() if error is not None}
    if watch.narrows or not errors:
        why = "the loss computes in float32 inside" if watch.narrows else "the loss is not smooth"
        yield Finding("note", f"the gradient cannot be compared with central differences: {why}")
        return
    worst = max(errors, key=lambda where: errors[where])
    text = f"the gradient is off by {errors[worst]:.2g} of its size at {worst}, compared with central differences"
    if errors[worst] <= WORST:
        text = f"the gradient is that of central differences, to {errors[worst]:.0e} of its size: {', '.join(errors)}"
        rough = [where for where in found if where not in errors]
        yield Finding("ok", text + (f"; not compared at {', '.join(rough)}, where it is not smooth" if rough else ""))
    elif watch.detaches:
        yield Finding("note", f"{text}: a part of the loss is detached; right if that part shall have no gradient")
    else:
        yield Finding("wrong", f"{text}: the backward pass is not the derivative; let autograd compute it")


def gradient_error(probe: Probe, batch: Batch) -> float | None:
    """The largest relative error of the slope along a few random directions.

    None where the differences themselves change with their step, as at a jump.
    """
    head, features = probe.steady(), batch[0].double().requires_grad_()
    leaves = [features, *parameters(head)]
    loss = probe.loss((features, batch[1]), head)
    gradients = torch.autograd.grad(loss, leaves, allow_unused=True)
    worst, least = 0.0, FLOOR * (1 + abs(float(loss.detach())))
    for _ in range(DIRECTIONS):
        way = [torch.randn_like(leaf) for leaf in leaves]
        exact = sum(float((g * w).sum()) for g, w in zip(gradients, way, strict=True) if g is not None)
        finer, numeric = (
            (moved(probe, batch, way, step) - moved(probe, batch, way, -step)) / (2 * step) for step in (STEP / 4, STEP)
        )
        size = max(abs(exact), abs(numeric)) + least
        if abs(finer - numeric) > ROUGH * size:
            return None
        worst = max(worst, abs(exact - numeric) / size)
    return worst


@torch.no_grad()
def moved(probe: Probe, batch: Batch, way: list[Tensor], step: float) -> float:
    """The loss in float64 with features and parameters moved by `step` of the way."""
    head = probe.steady()
    for parameter, direction in zip(parameters(head), way[1:], strict=True):
        parameter.add_(step * direction)
    return float(probe.loss((batch[0].double() + step * way[0], batch[1]), head))


class Watch(TorchFunctionMode):
    """Sees whether the code inside takes something out of the gradient, and whether it leaves float64."""

    detaches = narrows = False

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        data = Tensor.data.__get__  # type: ignore[attr-defined]
        self.detaches |= func in (Tensor.detach, Tensor.detach_, data, torch._C._set_grad_enabled)
        result = func(*args, **(kwargs or {}))
        if args and isinstance(args[0], Tensor) and isinstance(result, Tensor) and args[0].dtype == torch.float64:
            self.narrows |= result.is_floating_point() and result.dtype != torch.float64
        return result
