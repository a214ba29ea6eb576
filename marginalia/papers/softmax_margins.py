"""L-Softmax's margin m = 1 to 4 in two dimensions."""

from __future__ import annotations

from typing import Any

from marginalia.papers import annealed
from marginalia.papers.paper_sheet import Area, PaperSheet
from marginalia.papers.trained import Trained, judged

TITLE = "L-Softmax: does a larger m make narrower classes?"
CLAIM = "Claimed: the larger m, the more compact and the further apart the classes."
SOURCE = "Liu et al., ICML 2016, 1612.02295, figure 2."
CLASSES, EPOCHS = 0, 8
STEPS = [{"m1": margin} for margin in annealed.MARGINS]
BASE: dict[str, Any] = {"lossname": "L-softmax_v1"}
GRIDS = annealed.GRIDS


def draw(sheet: PaperSheet, area: Area, trained: Trained) -> None:
    runs = [trained.first(**step) for step in STEPS]
    sheet.planes(area, runs, [f"m = {step['m1']}" for step in STEPS])


def verdict(trained: Trained) -> str:
    what = "the angle within which 95 % of a class lie falls with each m"
    narrow = judged(trained, STEPS, "test_angle_95", False, what, "{:.1f}°".format)
    what = "scatter between classes over within them rises with each m"
    apart = judged(trained, STEPS, "test_scatter_ratio", True, what, "{:.0f}".format)
    return f"{narrow} {apart} {annealed.SAID}"
