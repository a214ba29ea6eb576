"""What a loss makes of the angle to the own class: whether it falls, jumps or is flat, and can be satisfied."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import torch

from marginalia.core.margin import FINE_SAMPLES, nearest_cosine
from marginalia.losses.class_means import ClassMeansHead
from marginalia.losses.head import Head
from marginalia.losses.probe import LENGTH, Finding, Probe, class_weight

OTHERS_AT = np.radians((5.0, 40.0, 90.0))
EQUAL, FLAT, RISE, CONSISTENT = 1e-6, 1e-13, 1e-6, 1e-4
LEAST_FLAT = 1.0
HALVINGS, MOST_JUMPS = 30, 5


@dataclass(frozen=True)
class Curve:
    """name: "psi", or "minus the loss" where psi is not known. at: radians (N,) -> float64 (N,)."""

    name: str
    at: Callable[[np.ndarray], np.ndarray]


@torch.no_grad()
def curve_of(probe: Probe) -> Curve | None:
    """psi from the logits of a `Head`, or from the loss if it is that of margin-softmax, else minus the loss.

    None for a loss that has no class weights.
    """
    if not isinstance(probe.head, ClassMeansHead) and has_psi(probe):
        return Curve("psi", lambda theta: target_logits(probe, theta) / scale(probe))
    if not probe.has_weights:
        return None
    classes = len(probe.directions)
    right, low = math.pi / 2, OTHERS_AT[0]
    excess = [log_excess(losses(probe, np.array([right]), angle))[0] for angle in OTHERS_AT]
    s = (excess[0] - excess[1]) / (math.cos(OTHERS_AT[0]) - math.cos(OTHERS_AT[1]))
    told = s * (math.cos(OTHERS_AT[0]) - math.cos(OTHERS_AT[2]))
    if s > 0 and abs(excess[0] - excess[2] - told) <= CONSISTENT * abs(told):
        rest = math.log(classes - 1)
        return Curve("psi", lambda t: math.cos(low) - (log_excess(losses(probe, t, low)) - rest) / s)
    return Curve("minus the loss", lambda theta: -losses(probe, theta, low))


def target_logits(probe: Probe, theta: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        labels = torch.zeros(len(theta), dtype=torch.int64)
        return probe.steady()(probe.at(theta), labels)[:, 0].numpy()


def scale(probe: Probe) -> float:
    """s |w| |x|: the logit without margin at 0 degrees."""
    return float(probe.steady()(probe.at(np.zeros(1)))[0, 0].detach())


def has_psi(probe: Probe) -> bool:
    """Whether the logits without margin are s cos(theta), and a margin changes that of the target alone."""
    head: Head = probe.steady()
    theta = np.array((0.0, 1.0, math.pi / 2, math.pi))
    plain = head(probe.at(theta))
    with_margin = head(probe.at(theta[:1]), torch.zeros(1, dtype=torch.int64))
    s = float(plain[0, 0])
    cosines = np.allclose(plain[:, 0].numpy(), s * np.cos(theta), atol=EQUAL * abs(s))
    return s > 0 and cosines and np.allclose(with_margin[0, 1:], plain[0, 1:], atol=EQUAL * s)


def losses(probe: Probe, theta: np.ndarray, others_at: float) -> np.ndarray:
    """The loss of one feature whose own weight lies at theta (N,) from it, and all others at a fixed angle, (N,).

    It is the own weight that turns, so that nothing else changes.
    """
    head, found = probe.steady(), []
    feature = torch.zeros(1, probe.directions.shape[1], dtype=torch.float64)
    feature[0, 0] = LENGTH
    with torch.no_grad():
        for angle in theta:
            weight = class_weight(head)
            assert weight is not None
            weight.zero_()
            weight[1:, 0], weight[1:, 1] = math.cos(others_at), -math.sin(others_at)
            weight[0, 0], weight[0, 1] = math.cos(angle), math.sin(angle)
            found.append(float(probe.loss((feature.clone(), torch.zeros(1, dtype=torch.int64)), head)))
    return np.array(found)


def log_excess(loss: np.ndarray) -> np.ndarray:
    """log(exp(loss) - 1): of a cross-entropy, the log of the others' share over that of the target."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return loss + np.log1p(-np.exp(-loss))


def check_curve(curve: Curve) -> Iterator[Finding]:
    """Where the curve jumps, rises or is flat, between 0 and 180 degrees."""
    theta = np.linspace(0, math.pi, FINE_SAMPLES)
    values = curve.at(theta)
    if not np.isfinite(values).all():
        odd = np.degrees(theta[np.flatnonzero(~np.isfinite(values))])
        text = f"{curve.name} is not finite at {odd[0]:g} degrees ({len(odd)} of {len(theta)} angles)"
        yield Finding("wrong", text, ("not finite", float(odd[0]), float(odd[-1])))
        return
    span = float(np.ptp(values))
    steps = np.diff(values)
    found = list(jumps(curve, theta, steps, span))
    smooth = np.ones(len(steps), bool)
    for jump in found:
        assert jump.mark is not None
        smooth[min(int(jump.mark[1] * len(steps) / 180), len(steps) - 1)] = False
    found += rises(curve, theta, np.where(smooth, steps, 0), span)
    found += flats(curve, theta, np.where(smooth, np.abs(steps), np.inf) <= FLAT * span, span)
    ends = f"{curve.name} falls from {values[0]:.3f} at 0 degrees to {values[-1]:.3f} at 180 degrees"
    yield from found or [Finding("ok", f"{ends}, without a jump or a flat part")]


def jumps(curve: Curve, theta: np.ndarray, steps: np.ndarray, span: float) -> Iterator[Finding]:
    """Steps that stay as large when the angle is halved again and again."""
    sizes = np.abs(steps)
    beside = np.maximum(np.append(0, sizes[:-1]), np.append(sizes[1:], 0))
    steep = np.flatnonzero(sizes > 2 * beside + RISE * span)
    for index in steep[np.argsort(-sizes[steep])][:MOST_JUMPS]:
        low, high = theta[index], theta[index + 1]
        for _ in range(HALVINGS):
            a, b, c = curve.at(np.array((low, (low + high) / 2, high)))
            low, high = (low, (low + high) / 2) if abs(b - a) > abs(c - b) else ((low + high) / 2, high)
        a, c = curve.at(np.array((low, high)))
        if abs(c - a) > sizes[index] / 2:
            angle, up = math.degrees(low), c > a
            text = f"{curve.name} jumps {'up' if up else 'down'} by {abs(c - a):.3g} at {angle:.2f} degrees"
            cure = ": beyond it a feature has a lower loss than before it; let psi go on falling, without another case"
            yield Finding("wrong" if up else "note", text + (cure if up else ""), ("jump", angle, angle))


def rises(curve: Curve, theta: np.ndarray, steps: np.ndarray, span: float) -> Iterator[Finding]:
    for first, last in stretches(steps > RISE * span):
        low, high = np.degrees(theta[[first, last]]).tolist()
        text = f"{curve.name} rises by {steps[first:last].sum():.3g} from {low:.1f} to {high:.1f} degrees"
        cure = "there training turns features away from their class; let it fall up to 180 degrees"
        yield Finding("wrong", f"{text}: {cure}", ("rises", low, high))


def flats(curve: Curve, theta: np.ndarray, flat: np.ndarray, span: float) -> Iterator[Finding]:
    for first, last in stretches(flat):
        if math.degrees(theta[last] - theta[first]) < LEAST_FLAT:
            continue
        low = edge(curve, theta[first], theta[max(first - 1, 0)], span)
        high = edge(curve, theta[last], theta[min(last + 1, len(theta) - 1)], span)
        low, high = math.degrees(low), math.degrees(high)
        text = f"{curve.name} is constant from {low:.1f} to {high:.1f} degrees: no feature is pulled to its class there"
        cure = "; a cosine clamped before acos does that: clamp it 1e-7 inside of -1 and 1, or take atan2"
        wrong = first == 0 and curve.name == "psi"  # a loss without psi may be 0 there to the last digit
        yield Finding("wrong" if wrong else "note", text + (cure if wrong else ""), ("flat", low, high))


def stretches(where: np.ndarray) -> Iterator[tuple[int, int]]:
    """First and last sample of each run of steps that are true."""
    for true, run in groupby(range(len(where)), lambda index: bool(where[index])):
        indices = list(run)
        if true:
            yield indices[0], indices[-1] + 1


def edge(curve: Curve, inside: float, outside: float, span: float) -> float:
    """Where between these angles the curve stops being constant, by halving."""
    level = curve.at(np.array([inside]))[0]
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        flat = abs(curve.at(np.array([middle]))[0] - level) <= FLAT * span
        inside, outside = (middle, outside) if flat else (inside, middle)
    return inside


def check_feasible(curve: Curve, classes: int, dimension: int) -> Finding:
    """Whether a feature on its own weight satisfies the margin where the classes lie as far apart as they can."""
    where = f"{classes} classes in {dimension} dimensions"
    if curve.name != "psi":
        return Finding("note", f"whether {where} can satisfy the margin is not known: the loss has no psi")
    own, (nearest, exact) = curve.at(np.zeros(1))[0], nearest_cosine(classes, dimension)
    angle = math.degrees(math.acos(nearest))
    spread = f"{nearest:.3f}, the cosine of the {angle:.1f} degrees between neighbours at the best spread"
    if not exact:
        spread = f"{nearest:.3f}, a lower bound of the cosine between neighbours, whose best spread is not known"
    if own >= nearest - EQUAL:
        return Finding("ok", f"{where} can satisfy the margin: psi(0) = {own:.3f} is at least {spread}")
    text = f"no feature can satisfy the margin for all {classes} classes at once in {dimension} dimensions"
    cure = "take a smaller margin, fewer classes or more dimensions"
    return Finding("note", f"{text}: psi(0) = {own:.3f} is less than {spread}; {cure}")
