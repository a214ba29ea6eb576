"""What can go wrong in a loss: tensors changed in place, numbers that are not finite, formats; and all checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from marginalia.core.margin import FINE_SAMPLES
from marginalia.losses.checking_gradient import check_gradient
from marginalia.losses.checking_psi import check_curve, check_feasible, curve_of
from marginalia.losses.probe import LENGTH, SAMPLE, Batch, Finding, Probe, parameters

WORST_NARROW, WORST_WIDE = 1e-2, 1e-3
LENGTHS, MOST_CLASSES = (0.5, 1.0, 3.0, 10.0), 64
ENDS = "look for acos, sqrt or a division by the sine; take atan2, or keep the cosine 1e-7 inside of -1 and 1"
FINITE_AT = "random features, at 0 and 180 degrees to the own weight, for features of length zero and a batch of one"
ADVICE = {
    "for random features": "look for a logarithm, a root or a division of zero",
    "for features on their own weight (0 degrees)": ENDS,
    "for features opposite their own weight (180 degrees)": ENDS,
    "for features of length zero": "divide by max(|x|, 1e-12), as torch.nn.functional.normalize does",
    "for a batch of one": "a batch of one has no other image, and no spread",
}


@dataclass(frozen=True)
class Examination:
    """findings: a line for each check. name, values: the curve over the angle, at FINE_SAMPLES angles; None if unknown.

    arrows: -dloss/dx at the places asked for, (K, 2), in the plane.
    """

    findings: list[Finding]
    name: str = ""
    values: np.ndarray | None = None
    arrows: np.ndarray | None = None


def examine(probe: Probe, places: np.ndarray) -> Examination:
    """All checks. places: (K, 2), where features of class 0 lie for the arrows."""
    with torch.random.fork_rng():
        found = list(guarded(probe, check_in_place, "the loss of random features"))
        differentiable = all(finding.verdict == "ok" for finding in found)
        if differentiable:
            found += guarded(probe, check_finite, "the loss")
            found += guarded(probe, check_gradient, "the loss in float64")
            found += guarded(probe, check_formats, "the loss")
        try:
            curve = curve_of(probe)
            if curve is None:
                text = "no single weight for each class is found, so that nothing is known of the angle to it"
                return Examination([*found, Finding("note", text)])
            values = curve.at(np.linspace(0, np.pi, FINE_SAMPLES))
            found += [*check_curve(curve), check_feasible(curve, *probe.directions.shape)]
            flat = differentiable and probe.directions.shape[1] == 2
            return Examination(found, curve.name, values, pulls(probe, places) if flat else None)
        except Exception as error:  # it is anybody's code
            text = f"the loss of a single feature fails: {probe.in_words(error)}"
            return Examination([*found, Finding("wrong", text)])


def guarded(probe: Probe, check: Callable[[Probe], Iterator[Finding]], what: str) -> Iterator[Finding]:
    """The findings of a check; an error of the loss is one too."""
    try:
        yield from check(probe)
    except Exception as error:  # it is anybody's code
        yield Finding("wrong", f"{what} fails: {probe.in_words(error)}")


def check_in_place(probe: Probe) -> Iterator[Finding]:
    """Whether the loss leaves features and weights as they are, and what its gradient needs."""
    features, labels = probe.batch(SAMPLE)
    head = probe.fresh()
    given = features.clone().requires_grad_() * 1  # no leaf, as the output of an encoder
    before = {name: value.detach().clone() for name, value in head.named_parameters()}
    broken = None
    try:
        loss = probe.loss((given, labels), head)
        loss.backward()
    except RuntimeError as error:
        if "inplace operation" not in str(error).replace("in-place", "inplace"):
            raise
        broken = "a tensor that its gradient needs"
    changed = [name for name, value in head.named_parameters() if not torch.equal(value, before[name])]
    changed += [] if torch.equal(given, features) else ["the features"]
    for name in changed or filter(None, [broken]):
        text = f"the loss changes {name.removeprefix('objective.')} in place" + ", so that it has no gradient" * bool(
            broken
        )
        yield Finding("wrong", f"{text}; work on a copy: x = x + y or torch.where, not x += y or x[i] = y")
    if not changed and not broken:
        yield Finding("ok", "features and weights are the same before and after the loss")


def check_finite(probe: Probe) -> Iterator[Finding]:
    """Whether loss and gradient are finite where angles or lengths are extreme."""
    fine = True
    for (where, advice), batch in zip(ADVICE.items(), extreme_batches(probe), strict=True):
        for what, tensors in loss_and_gradients(probe, batch).items():
            odd = [value for tensor in tensors for value in tensor[~tensor.isfinite()].flatten()[:1].tolist()]
            if odd:
                fine = False
                alone = where.endswith("one") and not probe.has_weights
                yield Finding("note" if alone else "wrong", f"the {what} is {odd[0]} {where}: {advice}")
                break
    if fine:
        yield Finding("ok", f"the loss and its gradient are finite for {FINITE_AT}")


def extreme_batches(probe: Probe) -> list[Batch]:
    """In the order of ADVICE."""
    classes = min(len(probe.directions), MOST_CLASSES)
    own = torch.cat([length * probe.directions[:classes] for length in LENGTHS])
    labels = torch.arange(classes).repeat(len(LENGTHS))
    return [probe.batch(SAMPLE), (own, labels), (-own, labels), (torch.zeros_like(own), labels), probe.batch(1)]


def loss_and_gradients(probe: Probe, batch: Batch) -> dict[str, list[Tensor]]:
    """In float32, with respect to features and parameters."""
    head, features = probe.fresh(), batch[0].clone().requires_grad_()
    loss = probe.loss((features, batch[1]), head)
    loss.backward()
    return {"loss": [loss], "gradient": [leaf.grad for leaf in (features, *parameters(head)) if leaf.grad is not None]}


def check_formats(probe: Probe) -> Iterator[Finding]:
    """The loss under autocast against that in float32 of the same features, and the loss in float64."""
    features, labels = probe.batch(SAMPLE)
    for name, narrow in (("bfloat16", torch.bfloat16), ("float16", torch.float16)):
        rounded = features.to(narrow)
        exact = float(probe.loss((rounded.float(), labels)).detach())
        try:
            with torch.autocast("cpu", narrow):
                loss = probe.loss((rounded, labels)).detach()
        except Exception as error:  # it is anybody's code
            text = f"under autocast to {name} the loss fails: {probe.in_words(error)}"
            yield Finding("wrong", f"{text}; give tensors that are joined one format, as with x.to(y.dtype)")
            continue
        yield compared(f"under autocast to {name}", loss, exact, torch.float32, WORST_NARROW)
    exact = float(probe.loss((features, labels)).detach())
    wide = probe.loss((features.double(), labels), probe.fresh(torch.float64)).detach()
    yield compared("in float64", wide, exact, torch.float64, WORST_WIDE)


def compared(where: str, loss: Tensor, exact: float, dtype: torch.dtype, worst: float) -> Finding:
    error = abs(float(loss) - exact) / max(1, abs(exact))
    text = f"{where} the loss is {float(loss):.4f}, in float32 {exact:.4f}"
    if not np.isfinite(float(loss)):
        return Finding("wrong", f"{text}: compute it in float32, under torch.autocast(…, enabled=False)")
    if loss.dtype != dtype or error > worst:
        text += f", as {str(loss.dtype).removeprefix('torch.')}"
        return Finding("note", f"{text}; in a loop of your own call it under torch.autocast(…, enabled=False)")
    return Finding("ok", text)


def pulls(probe: Probe, places: np.ndarray) -> np.ndarray:
    """-dloss/dx at features (N, 2) of class 0, float64 (N, 2)."""
    found = []
    for place in torch.from_numpy(LENGTH * places):
        feature = place[None].requires_grad_()
        probe.loss((feature, torch.zeros(1, dtype=torch.int64)), probe.steady()).backward()
        found.append(-feature.grad[0])
    return torch.stack(found).numpy()
