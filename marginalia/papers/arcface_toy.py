"""ArcFace's toy: eight identities under softmax and under ArcFace."""

from __future__ import annotations

from typing import Any

from marginalia.papers.paper_sheet import Area, PaperSheet
from marginalia.papers.trained import Trained, judged

TITLE = "ArcFace: is there a gap between the nearest classes?"
CLAIM = "Claimed: softmax is ambiguous near its boundaries; ArcFace makes a gap between the nearest classes."
SOURCE = "Deng et al., CVPR 2019, 1801.07698, figure 3."
CLASSES, EPOCHS = 8, 8
STEPS = [{"lossname": "softmax"}, {"lossname": "norm-softmax"}, {"lossname": "ArcFace_v3"}]
BASE: dict[str, Any] = {}
GRIDS = [{"lossname": ["softmax"]}, {"lossname": ["norm-softmax", "ArcFace_v3"], "s": [16]}]
TITLES = ("softmax", "both normalised, s = 16", "ArcFace, m = 0.3, s = 16")


def draw(sheet: PaperSheet, area: Area, trained: Trained) -> None:
    sheet.planes(area, [trained.first(**step) for step in STEPS], TITLES)


def verdict(trained: Trained) -> str:
    what = "ArcFace's angles to the own and to other weights overlap less than softmax's"
    told = judged(trained, [STEPS[0], STEPS[2]], "test_overlap", False, what, "{:.3f}".format)
    return f"{told} Without a margin at the same scale: {trained.interval('test_overlap', **STEPS[1]).mean:.3f}."
