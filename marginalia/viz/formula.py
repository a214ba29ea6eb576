"""A loss as mathematics and as a name, for titles."""

from __future__ import annotations

from marginalia.core.margin import Margin, MarginSpec, SampledMargin
from marginalia.record.snapshot import Run
from marginalia.viz.words import ENGLISH, Words

PLAIN_TEXT = {r"\|": "|", r"\,": " ", r"\cos": "cos", r"\theta": "θ", r"\psi": "ψ", "$": "", " - ": " \N{MINUS SIGN} "}


def in_training(run: Run, say: Words = ENGLISH) -> tuple[str, str]:
    """Two lines of mathtext: the logit of the target class, and that of another class."""
    if run.head is None:
        return "", ""
    if run.regions == "cells":
        return f"head  {run.head}", "the nearest centre wins"
    if isinstance(run.spec, SampledMargin):
        return rf"head  {run.head}", rf"own class  ${scale_factor(run.spec, 'y')}\,\psi(\theta_y)$"
    if run.head:
        return f"head  {run.head}", f"without margin  {other_logit(run.spec)}"
    return say("own class  {}", target_logit(run.spec)), say("others  {}", other_logit(run.spec))


def target_logit(spec: MarginSpec) -> str:
    """The target logit in training, with its numbers, as mathtext; cos keeps falling beyond 180 degrees."""
    angle = r"\theta_y" if spec.m1 == 1 else rf"{spec.m1:g}\theta_y"
    if spec.m2:
        angle += f" + {spec.m2:g}"
    cosine = rf"\cos({angle})" if spec.is_angular else rf"\cos\,{angle}"
    core = f"{cosine} - {spec.m3:g}" if spec.m3 else cosine
    scale = scale_factor(spec, "y")
    return f"${scale}\\,({core})$" if spec.m3 and scale else f"${scale}\\,{core}$"


def other_logit(spec: Margin) -> str:
    """The logit of another class, as mathtext."""
    return rf"${scale_factor(spec, 'j')}\,\cos\,\theta_j$"


def scale_factor(spec: Margin, index: str) -> str:
    """s |w| |x| without what is 1."""
    parts = [f"{spec.s:g}"] if spec.s != 1 else []
    parts += [] if spec.w_norm else [rf"\|w_{index}\|"]
    parts += [] if spec.x_norm else [r"\|x\|"]
    return r"\,".join(parts)


def as_text(formula: str) -> str:
    """The mathtext of this module as plain text; subscripts follow an underscore."""
    for mathtext, text in PLAIN_TEXT.items():
        formula = formula.replace(mathtext, text)
    return " ".join(formula.split())
