"""The floor of the loss against the scale, and what trainings reach."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from marginalia.papers.paper_sheet import Area, PaperSheet
from marginalia.papers.trained import Trained, in_order, last
from marginalia.viz.style import class_colors

TITLE = "Why there is a scale: the floor of the loss"
CLAIM = (
    "Claimed: with normalised weights and features the loss cannot fall below a bound, which falls as the scale grows."
)
SOURCE = "Wang et al., NormFace, 1704.06369, proposition 2."
CLASSES, EPOCHS = 0, 4
SCALES = [1, 2, 4, 8, 16, 32]
KINDS = {"no margin": 0.0, "m3 = 0.1": 0.1}
BASE: dict[str, Any] = {"lossname": "CosFace_v1"}
GRIDS = [{"m3": [0.0, 0.1], "s": SCALES}]


def draw(sheet: PaperSheet, area: Area, trained: Trained) -> None:
    _, bottom, width, height = area
    place = (110, bottom + 60, width - 420, height - 110)
    ax = sheet.chart(*place, "", xlabel="scale s", ylabel="training loss of the last epoch")
    ax.set_xscale("log", base=2)
    ax.set_yscale("log")
    ax.set_xticks(SCALES, [f"{scale:g}" for scale in SCALES])
    for number, ((name, margin), color) in enumerate(
        zip(KINDS.items(), class_colors(len(KINDS), sheet.style.palette), strict=True)
    ):
        runs = [trained.where(m3=margin, s=scale) for scale in SCALES]
        ax.plot(SCALES, np.maximum(floors(trained, margin), 1e-6), color=color, lw=3)
        for scale, found in zip(SCALES, runs, strict=True):
            ax.plot(
                [scale] * len(found), [last(run, "loss") for run in found.values()], "o", color=color, ms=8, mec="none"
            )
        sheet.text(width - 280, bottom + height - 120 - 40 * number, name, 20, fontweight="bold").set_color(color)
    sheet.text(width - 280, bottom + height - 220, "line: the floor", 17, muted=True)
    sheet.text(width - 280, bottom + height - 250, "dot: a training", 17, muted=True)


def verdict(trained: Trained) -> str:
    gaps = [last(run, "loss") - last(run, "loss_floor") for _, run in trained.runs]
    if not all(map(math.isfinite, gaps)):
        return "Not seen: a loss or its floor is not a number; for more than 100 classes no floor is computed."
    falls = all(in_order([-floor for floor in floors(trained, margin)]) for margin in KINDS.values())
    at_one = [last(run, "loss") - last(run, "loss_floor") for run in trained.where(s=1).values()]
    below = sum(gap < -1e-4 for gap in gaps)
    word, goes = "Seen" if falls and not below else "Not seen", "falls" if falls else "does not fall"
    return (
        f"{word}: the floor {goes} with each scale, and {below} of {len(gaps)} trainings lie below it; "
        f"at s = 1 they end at most {max(at_one):.3f} above."
    )


def floors(trained: Trained, margin: float) -> list[float]:
    """The floor of the loss at each scale."""
    return [trained.interval("loss_floor", m3=margin, s=scale).mean for scale in SCALES]
