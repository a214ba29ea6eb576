"""SphereFace's margin m = 1 to 4: the angles within and between classes, in two and in three dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np

from marginalia.papers import annealed
from marginalia.papers.paper_sheet import Area, PaperSheet
from marginalia.papers.trained import Trained, judged
from marginalia.record.metrics import unit
from marginalia.record.snapshot import Run
from marginalia.viz.style import class_colors

TITLE = "SphereFace: do the angles of a class shrink with m?"
CLAIM = "Claimed: the larger m, the smaller the angles within a class, and the better own and other angles part."
SOURCE = "Liu et al., CVPR 2017, 1704.08063, figures 2 and 5."
CLASSES, EPOCHS = 0, 8
BASE: dict[str, Any] = {"lossname": "A-softmax_v1"}
DIMENSIONS = (2, 3)
GRIDS = [grid | {"visual_dimension": list(DIMENSIONS)} for grid in annealed.GRIDS]
FOOT, HEAD, LEFT, GAP = 52, 40, 110, 36


def draw(sheet: PaperSheet, area: Area, trained: Trained) -> None:
    """A histogram a run: angles of test images to the own weight and to the nearest other one."""
    _, bottom, width, height = area
    wide, tall = (width - LEFT - 20) / 4, height / 2
    colors = class_colors(2, sheet.style.palette)
    for row, dimension in enumerate(DIMENSIONS):
        for column, margin in enumerate(annealed.MARGINS):
            run = trained.first(m1=margin, visual_dimension=dimension)
            place = (LEFT + column * wide, bottom + (1 - row) * tall + FOOT, wide - GAP, tall - FOOT - HEAD)
            title = "" if row else f"m = {margin}"
            label = "angle, degrees" if row else ""
            ax = sheet.chart(*place, title, xlim=(0, 120), yticks=[], xticks=(0, 40, 80), xlabel=label)
            own, other = angles(run)
            for values, color in zip((own, other), colors, strict=True):
                counts, edges = np.histogram(values, np.arange(0, 122, 2))
                ax.stairs(counts / max(counts.max(), 1), edges, color=color, fill=True, alpha=0.7)
        middle = bottom + (1 - row) * tall + FOOT + (tall - FOOT - HEAD) / 2
        sheet.text(24, middle, f"{dimension}-D", 24, fontweight="bold")
    right, top = LEFT + 4 * wide - GAP, bottom + height - HEAD - 20
    for line, (word, color) in enumerate(zip(("own weight", "nearest other"), colors, strict=True)):
        sheet.text(right, top - 20 * line, word, 14, fontweight="bold", ha="right").set_color(color)


def angles(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """To the own weight and to the nearest other one, degrees, of the test images of the last snapshot."""
    snapshot = run.snapshots[-1]
    points = snapshot.points("test")
    found = np.degrees(np.arccos(np.clip(unit(points.features) @ unit(snapshot.class_weights).T, -1, 1)))
    own = np.arange(found.shape[1]) == points.labels[:, None]
    return found[own], np.where(own, np.inf, found).min(axis=1)


def verdict(trained: Trained) -> str:
    parts = []
    for dimension in DIMENSIONS:
        steps = [{"m1": margin, "visual_dimension": dimension} for margin in annealed.MARGINS]
        what = f"in {dimension}-D the mean own angle falls with m"
        parts.append(judged(trained, steps, "test_angle", False, what, "{:.1f}°".format))
        what = f"in {dimension}-D the overlap with others falls"
        parts.append(judged(trained, steps, "test_overlap", False, what, "{:.3f}".format))
    return "\n".join((*parts, annealed.SAID))
