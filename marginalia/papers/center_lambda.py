"""Center loss over its weight lambda."""

from __future__ import annotations

from typing import Any

from marginalia.papers.paper_sheet import Area, PaperSheet
from marginalia.papers.trained import Trained, judged

TITLE = "Center loss: does lambda make classes compact?"
CLAIM = "Claimed: a larger lambda makes the features of a class more compact."
SOURCE = "Wen et al., ECCV 2016, figure 3; there lambda is 0.001 to 1."
CLASSES, EPOCHS = 0, 8
WEIGHTS = [0.0, 0.001, 0.01, 0.1, 1.0]
STEPS = [{"weight": weight} for weight in WEIGHTS]
BASE: dict[str, Any] = {"lossname": "center"}
GRIDS = [{"weight": WEIGHTS}]


def draw(sheet: PaperSheet, area: Area, trained: Trained) -> None:
    sheet.planes(area, [trained.first(**step) for step in STEPS], [f"λ = {weight:g}" for weight in WEIGHTS])


def verdict(trained: Trained) -> str:
    what = "the scatter within classes over that between them (NC1) falls with each lambda"
    return judged(trained, STEPS, "nc1", False, what, "{:.4f}".format)
