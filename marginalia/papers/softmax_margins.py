"""L-Softmax's margin m = 1 to 4 in two dimensions."""

from __future__ import annotations

from typing import Any

from marginalia.papers.paper_sheet import Area, PaperSheet
from marginalia.papers.trained import Trained, monotone, sentence

TITLE = "L-Softmax: a larger m makes narrower classes"
CLAIM = "Claimed: the larger m, the more compact and the further apart the classes."
SOURCE = "Liu et al., ICML 2016, 1612.02295, figure 2."
CLASSES, EPOCHS = 0, 8
STEPS = [{"m1": 1}, {"m1": 2}, {"m1": 3}, {"m1": 4}]
BASE: dict[str, Any] = {"lossname": "L-softmax_v1"}
LAMBDA = 100
GRIDS: list[dict[str, list[Any]]] = [{"m1": [1]}, {"m1": [2, 3, 4], "lambda_start": [LAMBDA]}]


def draw(sheet: PaperSheet, area: Area, trained: Trained) -> None:
    runs = [trained.first(**step) for step in STEPS]
    sheet.planes(area, runs, [f"m = {step['m1']}" for step in STEPS])


def verdict(trained: Trained) -> str:
    found = monotone(trained, STEPS, "test_scatter_ratio", rises=True)
    what = "scatter between classes over within them rises with each m"
    told = sentence(*found[:2], what, found[2], "{:.0f}".format)
    return f"{told} The margin comes in slowly, as in the paper: lambda begins at {LAMBDA}."
