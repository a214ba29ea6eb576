"""Which margin is the hardest to learn, where all three leave a class the same angle."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from marginalia.papers.curves import band
from marginalia.papers.paper_sheet import Area, PaperSheet
from marginalia.papers.trained import Trained, in_order
from marginalia.record.snapshot import Run
from marginalia.sweeps.statistics import interval
from marginalia.viz.style import class_colors

TITLE = "Which margin is hard to learn?"
CLAIM = "Claimed: m₁θ is harder to train than cos θ - m₃, and that is harder than cos(θ + m₂)."
SOURCE = "An assumption of this project; the three margins here leave each of ten classes the same angle."
CLASSES, EPOCHS = 10, 3
REACHED = 0.95
GAP, M2 = 2 * math.pi / 10, 0.3
THETA = (GAP - M2) / 2
MARGINS = {
    "m₁θ": ("norm-softmax", {"m1": round((GAP - THETA) / THETA, 4)}),
    "cos θ - m₃": ("CosFace_v1", {"m3": round(math.cos(THETA) - math.cos(GAP - THETA), 4)}),
    "cos(θ + m₂)": ("ArcFace_v3", {"m2": M2}),
}
BASE: dict[str, Any] = {"snapshots": 10}
GRIDS = [
    {"lossname": [loss], "s": [4]} | {key: [value] for key, value in margin.items()}
    for loss, margin in MARGINS.values()
]


def draw(sheet: PaperSheet, area: Area, trained: Trained) -> None:
    _, bottom, width, height = area
    ax = sheet.chart(110, bottom + 60, width - 480, height - 110, "", xlabel="epoch", ylabel="training accuracy",
                     ylim=(0.5, 1))  # fmt: skip
    ax.axhline(REACHED, color=sheet.style.colors.muted, lw=1, ls="--")
    for number, (name, color) in enumerate(zip(MARGINS, class_colors(len(MARGINS), sheet.style.palette), strict=True)):
        band(ax, trained.where(lossname=MARGINS[name][0]).values(), "train_accuracy", color)
        sheet.text(width - 330, bottom + height - 120 - 46 * number, name, 22).set_color(color)


def epochs_to(run: Run) -> float:
    """The first snapshot's epoch with the accuracy reached; infinity for never."""
    return next((s.epoch for s in run.snapshots if s.metric("train_accuracy") >= REACHED), math.inf)


def verdict(trained: Trained) -> str:
    runs = [trained.where(lossname=MARGINS[name][0]) for name in MARGINS]
    seeds = sorted(set.intersection(*(set(group) for group in runs)))
    holds = sum(in_order([-epochs_to(group[seed]) for group in runs]) for seed in seeds)
    word = "Seen" if holds == len(seeds) else "Not seen" if not holds else "Not always seen"
    times = "; ".join(f"{name} {told(list(group.values()))}" for name, group in zip(MARGINS, runs, strict=True))
    what = f"Epochs until {100 * REACHED:.0f} % of the training images are right, with 95 % intervals"
    return f"{word}: that order in {holds} of {len(seeds)} seeds. {what}: {times}."


def told(runs: Sequence[Run]) -> str:
    """The mean with its interval if all runs get there, else how many do."""
    epochs = [epochs_to(run) for run in runs]
    there = sum(map(math.isfinite, epochs))
    if there < len(epochs):
        return f"in {there} of {len(epochs)} trainings only"
    found = interval(epochs)
    return f"{found.mean:.2f} ({found.low:.2f} to {found.high:.2f})" if found.n > 1 else f"{found.mean:.2f}"
