"""The largest margin that classes spread evenly around the circle can satisfy, and where each preset lies."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from marginalia.core.margin import MarginSpec
from marginalia.record.snapshot import Run
from marginalia.viz.figures.between_two import HALVINGS, surplus
from marginalia.viz.figures.chart import LABEL, LONGEST_NAME, chart
from marginalia.viz.labels import families, shown
from marginalia.viz.numbers import in_percent
from marginalia.viz.style import Style, class_colors

TITLE = "How large a margin can be"
LINE = "Above the line, not even the class direction itself satisfies the margin (2-D, evenly spaced)."
LOSSES = ("CosFace_v1", "CosFace_v2", "ArcFace_v1", "ArcFace_v2", "ArcFace_v3")
MOST = 12
CLASSES = range(3, 17)
SHOWN_AT = 10
TOPS = {"m3": 0.6, "m2": 1.2}
FEASIBLE_AT = {"m3": 0.05, "m2": 0.4}
PLAIN = MarginSpec(w_norm=True, x_norm=True, s=1, m1=1, m2=0, m3=0)


def draw(figure: Figure, style: Style, presets: Mapping[str, MarginSpec], runs: Mapping[str, Run]) -> None:
    """A panel for the margin on the cosine, one for the margin on the angle."""
    panels = (("m3", r"CosFace: $\cos\,\theta - m_3$", 0.08), ("m2", r"ArcFace: $\cos(\theta + m_2)$", 0.57))
    for name, title, left in panels:
        marked = {loss: spec for loss, spec in presets.items() if bare(spec, name) == PLAIN}
        marked = {loss: spec for loss, spec in marked.items() if getattr(spec, name)}
        top = max([TOPS[name], *(1.1 * getattr(spec, name) for spec in marked.values())])
        ax = chart(
            figure, style, (left, 0.14, 0.20, 0.60), xlabel="classes", ylabel=f"$m_{name[1]}$",
            xlim=(CLASSES[0], CLASSES[-1]), ylim=(0, top), xticks=(5, 10, 15),
        )  # fmt: skip
        ax.set_title(title, fontsize=20, fontweight="bold", color=style.colors.ink, loc="left", pad=14)
        limits = [largest_feasible(name, count) for count in CLASSES]
        blue = class_colors(1, style.palette)[0]
        ax.plot(CLASSES, limits, color=blue, lw=3.5)
        ax.fill_between(CLASSES, limits, color=blue, alpha=0.15, lw=0)
        ax.text(3.6, FEASIBLE_AT[name] * top, "feasible", fontsize=LABEL, color=style.colors.ink)
        for loss, spec in marked.items():
            mark(ax, style, loss, spec, name, runs.get(loss))
        if any(loss in runs for loss in marked):
            text = "training images that\nkeep the margin"
            figure.text(left + 0.21, 0.70, text, fontsize=LABEL, color=style.colors.muted, va="center")


def bare(spec: MarginSpec, name: str) -> MarginSpec:
    """The spec without this margin and without its scale, which no limit depends on."""
    return replace(spec, s=1, m2=0 if name == "m2" else spec.m2, m3=0 if name == "m3" else spec.m3)


def mark(ax: Axes, style: Style, loss: str, spec: MarginSpec, name: str, run: Run | None) -> None:
    """A preset at its margin and its number of classes, and beside the chart the share that satisfies it."""
    text, classes, margin = shown(loss, LONGEST_NAME), SHOWN_AT, getattr(spec, name)
    if run is not None:
        last, classes = run.snapshots[-1], len(run.class_names)
        text += f": {in_percent(last.metric('train_margin_accuracy'), 1)}"
    ax.plot([classes, CLASSES[-1]], [margin, margin], color=style.colors.muted, lw=0.8, zorder=2)
    ax.plot(classes, margin, "o", color=style.colors.ink, markersize=11, zorder=3)
    ax.annotate(
        text, (CLASSES[-1], margin), (8, 0), textcoords="offset points", fontsize=LABEL, color=style.colors.ink,
        fontfamily=families(text), va="center", annotation_clip=False,
    )  # fmt: skip


def largest_feasible(name: str, classes: int) -> float:
    """The largest m2 (radians) or m3 with psi(0) >= cos(2 pi / classes), by halving; psi is the one that trains."""
    separation = 2 * math.pi / classes
    low, high = 0.0, math.pi
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        spec = replace(PLAIN, **{name: middle})  # type: ignore[arg-type]
        fits = surplus(0.0, separation, spec) >= 0
        low, high = (middle, high) if fits else (low, middle)
    return low
