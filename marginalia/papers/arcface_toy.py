"""ArcFace's toy: eight identities under softmax and under ArcFace."""

from __future__ import annotations

from typing import Any

from marginalia.papers.paper_sheet import Area, PaperSheet
from marginalia.papers.trained import Trained, monotone, sentence

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
    found = monotone(trained, [STEPS[0], STEPS[2]], "test_overlap", rises=False)
    what = "ArcFace's angles to the own and to other weights overlap less than softmax's"
    beside = trained.interval("test_overlap", **STEPS[1]).mean
    return sentence(*found[:2], what, found[2], "{:.3f}".format) + f" Without a margin at the same scale: {beside:.3f}."
