"""The least loss that a head can reach, found by minimising over where class weights and features point."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from marginalia.core.margin import MarginSpec, psi
from marginalia.losses.spec import LossSpec

STEPS, AGAIN, POLISHED = 300, 120, 3
MOST_STARTS, FEWEST_STARTS, ENTRIES = 64, 2, 20_000
MOST_CLASSES, MOST_EXCHANGED, ROUNDS = 100, 20, 12
RATE, SMALL_RATE = 0.05, 0.02
GENTLE = 4.0
BY_POLISHING = {"maxiter": 2000, "maxfun": 4000, "ftol": 1e-14, "gtol": 1e-10}


def loss_floor(spec: LossSpec, counts: tuple[int, ...], dimension: int) -> float:
    """The least mean training loss for classes of so many images each, with features of this dimension.

    NaN where there is none: without both norms taken out, the loss falls as long as a length grows. NaN too for heads
    other than AngleLinear, for a class without images and for more than 100 classes.

    All features of a class lie in one place at the minimum, so the search is over one weight and one feature a class.
    It begins in many places and exchanges classes, since with unequal classes their order counts. It proves nothing.
    For MNIST's ten classes, a search of ten times the length found losses that are smaller by 1e-4 to 7e-4 with
    feasible margins, and by 5e-3 with m3 = 0.35 and s = 64. With more than 20 classes, of which none are exchanged,
    this is not known.
    """
    normalised = isinstance(spec, MarginSpec) and spec.w_norm and spec.x_norm
    if not isinstance(spec, MarginSpec) or not normalised or min(counts) < 1 or len(counts) > MOST_CLASSES:
        return math.nan
    return least(spec, counts, dimension)


@cache
def least(spec: MarginSpec, counts: tuple[int, ...], dimension: int) -> float:
    """`loss_floor` of normalised weights and features."""
    share = torch.tensor(counts, dtype=torch.float64) / sum(counts)
    found = descended(starts(len(counts), dimension), spec, share, STEPS, RATE, grows=True)
    order = mean_loss(found, spec, share).argsort()[:POLISHED]
    floor, best = min((polished(found[number], spec, share) for number in order), key=lambda pair: pair[0])
    for _ in range(ROUNDS if len(counts) <= MOST_EXCHANGED else 0):
        others = descended(exchanged(best), spec, share, AGAIN, SMALL_RATE, grows=False)
        nearest = others[mean_loss(others, spec, share).argmin()]
        lower, place = polished(nearest, spec, share)
        if lower >= floor - 1e-9:
            break
        floor, best = lower, place
    return floor


def polished(at: Tensor, spec: MarginSpec, share: Tensor) -> tuple[float, Tensor]:
    """The nearest minimum of the loss from a start (C, 2 D + 1), and where it is."""
    from scipy.optimize import minimize

    def with_gradient(flat: np.ndarray) -> tuple[float, np.ndarray]:
        place = torch.from_numpy(flat.copy()).view(1, *at.shape).requires_grad_()
        loss = mean_loss(place, spec, share).sum()
        (gradient,) = torch.autograd.grad(loss, place)
        return loss.item(), gradient.numpy().ravel()

    limits = ((at.shape[1] - 1) * [(None, None)] + [(0.0, math.pi)]) * len(at)
    found = minimize(
        with_gradient, at.numpy().ravel(), jac=True, bounds=limits, method="L-BFGS-B", options=BY_POLISHING
    )
    return float(found.fun), torch.from_numpy(found.x).view(at.shape)


def exchanged(at: Tensor) -> Tensor:
    """The arrangement with every pair of classes exchanged, (C, 2 D + 1) -> (C (C - 1) / 2, C, 2 D + 1)."""
    pairs = torch.combinations(torch.arange(len(at)))
    orders = torch.arange(len(at)).repeat(len(pairs), 1)
    rows = torch.arange(len(pairs))
    orders[rows, pairs[:, 0]], orders[rows, pairs[:, 1]] = pairs[:, 1], pairs[:, 0]
    return at[orders]


def starts(classes: int, dimension: int) -> Tensor:
    """(K, C, 2 D + 1): of each class a weight, a direction aside, and the angle of its feature from the weight.

    In the plane the first half has its weights evenly around the circle, in a random order.
    """
    random = torch.Generator().manual_seed(0)
    count = min(max(ENTRIES // classes**2, FEWEST_STARTS), MOST_STARTS)
    weights, aside = (torch.randn(count, classes, dimension, generator=random, dtype=torch.float64) for _ in range(2))
    if dimension == 2:
        half = count // 2
        order = torch.rand(half, classes, generator=random, dtype=torch.float64).argsort(dim=1)
        angles = 2 * math.pi / classes * order
        weights[:half] = torch.stack((angles.cos(), angles.sin()), dim=2)
    angle = 0.1 * torch.rand(count, classes, 1, generator=random, dtype=torch.float64)
    return torch.cat((weights, aside, angle), dim=2)


def descended(at: Tensor, spec: MarginSpec, share: Tensor, steps: int, rate: float, grows: bool) -> Tensor:
    """All arrangements after so many steps of Adam. grows: the scale begins gentle, so that classes pass each other."""
    at = at.clone().requires_grad_()
    optimizer = torch.optim.Adam([at], lr=rate)
    for step in range(steps):
        grown = min(1.0, 2 * step / steps) if grows else 1.0
        s = min(spec.s, GENTLE) ** (1 - grown) * spec.s**grown
        optimizer.param_groups[0]["lr"] = rate * (1 - step / steps)
        optimizer.zero_grad()
        mean_loss(at, replace(spec, s=s), share).sum().backward()
        optimizer.step()
        with torch.no_grad():
            at[..., -1].clamp_(0, math.pi)
    return at.detach()


def mean_loss(at: Tensor, spec: MarginSpec, share: Tensor) -> Tensor:
    """The loss of every start, (K, C, 2 D + 1) -> (K,); share: of the images, of each class."""
    dimension = at.shape[2] // 2
    weights = F.normalize(at[..., :dimension], dim=2)
    aside = at[..., dimension:-1]
    aside = F.normalize(aside - (aside * weights).sum(dim=2, keepdim=True) * weights, dim=2)
    angle = at[..., -1:]
    features = angle.cos() * weights + angle.sin() * aside
    cosines = features @ weights.transpose(1, 2)
    target = psi(angle[..., 0], spec)
    own = torch.eye(at.shape[1], dtype=torch.bool)
    logits = spec.s * torch.where(own, target[..., None], cosines)
    return ((logits.logsumexp(dim=2) - spec.s * target) * share).sum(dim=1)
