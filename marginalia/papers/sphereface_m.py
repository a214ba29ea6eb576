"""SphereFace's margin m = 1 to 4: the angles within and between classes, in two and in three dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np

from marginalia.papers.paper_sheet import Area, PaperSheet
from marginalia.papers.trained import Trained, monotone, sentence
from marginalia.record.metrics import unit
from marginalia.record.snapshot import Run
from marginalia.viz.style import class_colors

TITLE = "SphereFace: the angles within a class shrink with m"
CLAIM = "Claimed: the larger m, the smaller the angles within a class, and the better own and other angles part."
SOURCE = "Liu et al., CVPR 2017, 1704.08063, figures 2 and 5."
CLASSES, EPOCHS = 0, 8
MARGINS = (1, 2, 3, 4)
BASE: dict[str, Any] = {"lossname": "A-softmax_v1"}
GRIDS = [{"m1": list(MARGINS), "visual_dimension": [2, 3]}]
FOOT, HEAD, LEFT, GAP = 46, 44, 70, 36


def draw(sheet: PaperSheet, area: Area, trained: Trained) -> None:
    """A histogram a run: angles of test images to the own weight and to the nearest other one."""
    _, bottom, width, height = area
    wide, tall = (width - LEFT - 20) / 4, height / 2
    for row, dimension in enumerate((2, 3)):
        for column, margin in enumerate(MARGINS):
            run = trained.first(m1=margin, visual_dimension=dimension)
            place = (LEFT + column * wide, bottom + (1 - row) * tall + FOOT, wide - GAP, tall - FOOT - HEAD)
            title = f"m = {margin}, {dimension} dimensions"
            label = "angle, degrees" if row else ""
            ax = sheet.chart(*place, title, xlim=(0, 120), yticks=[], xticks=(0, 40, 80, 120), xlabel=label)
            own, other = angles(run)
            for values, color in zip((own, other), class_colors(2, sheet.style.palette), strict=True):
                counts, edges = np.histogram(values, np.arange(0, 122, 2))
                ax.stairs(counts / max(counts.max(), 1), edges, color=color, fill=True, alpha=0.7)
    colors = class_colors(2, sheet.style.palette)
    for left, word, color in zip((970, 1040), ("own", "nearest other"), colors, strict=True):
        sheet.text(left, 676, word, 17, fontweight="bold").set_color(color)


def angles(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """To the own weight and to the nearest other one, degrees, of the test images of the last snapshot."""
    snapshot = run.snapshots[-1]
    points = snapshot.points("test")
    found = np.degrees(np.arccos(np.clip(unit(points.features) @ unit(snapshot.class_weights).T, -1, 1)))
    own = np.arange(found.shape[1]) == points.labels[:, None]
    return found[own], np.where(own, np.inf, found).min(axis=1)


def verdict(trained: Trained) -> str:
    parts = []
    for dimension in (2, 3):
        steps = [{"m1": margin, "visual_dimension": dimension} for margin in MARGINS]
        found = monotone(trained, steps, "test_angle", rises=False)
        what = f"in {dimension} dimensions the mean own angle falls with each m"
        parts.append(sentence(*found[:2], what, found[2], "{:.1f}°".format))
        found = monotone(trained, steps, "test_overlap", rises=False)
        parts.append(sentence(*found[:2], "own and other angles overlap less with each m", found[2], "{:.3f}".format))
    return " ".join(parts)
