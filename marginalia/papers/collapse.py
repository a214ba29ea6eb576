"""Neural collapse over the epochs, under four losses."""

from __future__ import annotations

from typing import Any

import numpy as np

from marginalia.papers.curves import band
from marginalia.papers.paper_sheet import Area, PaperSheet
from marginalia.papers.trained import Trained, last
from marginalia.viz.style import class_colors

TITLE = "Neural collapse, under four losses"
CLAIM = (
    "Claimed: while training goes on, features shrink to their class means (NC1 falls), weights align with them (NC3 "
    "falls), the nearest mean decides (NC4 nears 1), and the least distance between weights grows (GNC2)."
)
SOURCE = "Papyan et al., PNAS 2020, 2008.08186; Jiang et al., 2310.05351."
CLASSES, EPOCHS = 0, 8
LOSSES = ("softmax", "norm-softmax", "CosFace_v1", "ArcFace_v3")
BASE: dict[str, Any] = {}
GRIDS = [{"lossname": ["softmax"]}, {"lossname": list(LOSSES[1:]), "s": [16]}]
METRICS = {"nc1": "NC1, within over between", "nc3": "NC3, weight to mean", "nc4": "NC4, nearest mean decides",
           "gnc2": "GNC2, least distance"}  # fmt: skip
FALLS = ("nc1", "nc3")
TICK_OF_LOG = 13


def draw(sheet: PaperSheet, area: Area, trained: Trained) -> None:
    _, bottom, width, height = area
    wide, tall = (width - 250) / 2, height / 2
    colors = dict(zip(LOSSES, class_colors(len(LOSSES), sheet.style.palette), strict=True))
    for number, (metric, title) in enumerate(METRICS.items()):
        row, column = divmod(number, 2)
        place = (90 + column * wide, bottom + (1 - row) * tall + 40, wide - 110, tall - 104)
        ax = sheet.chart(*place, title, xlabel="epoch" if row else "")
        if metric in FALLS:
            ax.set_yscale("log")
            ax.tick_params(axis="y", which="both", labelsize=TICK_OF_LOG, colors=sheet.style.colors.muted)
        for loss in LOSSES:
            band(ax, trained.where(lossname=loss).values(), metric, colors[loss])
    for number, (loss, color) in enumerate(colors.items()):
        sheet.text(width - 232, bottom + height - 110 - 34 * number, loss, 18, fontweight="bold").set_color(color)


def verdict(trained: Trained) -> str:
    parts = []
    for metric, name in (("nc1", "NC1"), ("nc3", "NC3"), ("nc4", "NC4"), ("gnc2", "GNC2")):
        held = [loss for loss in LOSSES if moves(trained, loss, metric)]
        parts.append(f"{name} {', '.join(held) or 'none'}")
    all_of_them = all(moves(trained, loss, metric) for loss in LOSSES for metric in METRICS)
    word = "Seen" if all_of_them else "Not always seen"
    return f"{word}. From the first epoch to the last, in all seeds, it holds under: {'; '.join(parts)}."


def moves(trained: Trained, loss: str, metric: str) -> bool:
    """Whether the number goes the claimed way between the first epoch and the last, in every seed."""
    sign = -1 if metric in FALLS else 1
    starts = {seed: run.snapshots[1].metric(metric) for seed, run in trained.where(lossname=loss).items()}
    ends = {seed: last(run, metric) for seed, run in trained.where(lossname=loss).items()}
    return bool(np.all([sign * (ends[seed] - starts[seed]) > 0 for seed in starts]))
