"""CosFace's toy: eight identities under m = 0, 0.1 and 0.2."""

from __future__ import annotations

from typing import Any

from marginalia.papers.paper_sheet import Area, PaperSheet
from marginalia.papers.trained import Trained, judged

TITLE = "CosFace: does the gap grow with m?"
CLAIM = "Claimed: with a larger m, eight identities become more separate on the circle."
SOURCE = "Wang et al., CVPR 2018, 1801.09414, figure 4."
CLASSES, EPOCHS = 8, 8
STEPS = [{"m3": 0.0}, {"m3": 0.1}, {"m3": 0.2}]
BASE: dict[str, Any] = {"lossname": "CosFace_v1", "s": 16}
GRIDS = [{"m3": [0.0, 0.1, 0.2]}]


def draw(sheet: PaperSheet, area: Area, trained: Trained) -> None:
    runs = [trained.first(**step) for step in STEPS]
    sheet.planes(area, runs, [f"m = {step['m3']:g}, s = 16" for step in STEPS])


def verdict(trained: Trained) -> str:
    what = "the angle within which 95 % of a class lie falls with each m"
    narrow = judged(trained, STEPS, "test_angle_95", False, what, "{:.1f}°".format)
    what = "the angles to the own and to other weights overlap less with each m"
    return f"{narrow} {judged(trained, STEPS, 'test_overlap', False, what, '{:.3f}'.format)}"
