"""How a page scales a run's features: the camera of the pictures, with its numbers for each snapshot."""

from __future__ import annotations

from typing import Any

import numpy as np

from marginalia.record.snapshot import Run
from marginalia.viz import camera, geometry, lobes, sectors
from marginalia.viz.camera import Camera
from marginalia.viz.scatter import has_lobes
from marginalia.viz.style import Style

DIGITS = 9


def camera_of(run: Run, style: Style) -> Camera:
    """The camera that a picture of this run has."""
    found = Camera(style.camera, geometry.LOBED_REACH if has_lobes(run, style) else geometry.CLOUD_REACH)
    found.widen(run)
    return found


def page_scale(run: Run, style: Style) -> dict[str, Any]:
    """The run's camera as JSON, see `camera.mjs`. reach: half the height of the pane, feature units, if it is fixed."""
    found = camera_of(run, style)
    rims = [] if found.kind == "fixed" else [rounded(found.rim(snapshot)) for snapshot in run.snapshots]
    short = max(found.short, camera.FAINTEST * max(rims, default=0))
    return {
        "kind": found.kind, "disc": found.disc, "reach": rounded(found.reach), "rims": rims, "short": rounded(short),
        "justBeyond": camera.JUST_BEYOND, "leastRing": camera.LEAST_RING, "largestRing": camera.LARGEST_RING,
        "mostRings": camera.MOST_RINGS, "digits": (1,) if found.kind == "log" else camera.DIGITS,
    }  # fmt: skip


def lobe_scale() -> dict[str, Any]:
    """What `lobes.mjs` computes with, the same for all runs."""
    return {
        "bins": lobes.BINS, "bandwidth": lobes.BANDWIDTH, "least": lobes.LEAST, "largest": lobes.LARGEST,
        "ticks": lobes.TICKS, "opacity": lobes.OPACITY, "leastGap": lobes.LEAST_GAP, "halfLabel": lobes.HALF_LABEL,
        "reach": geometry.LOBED_REACH, "height": geometry.LOBE_HEIGHT,
    }  # fmt: skip


def farthest_cell(run: Run, style: Style) -> float:
    """How far from the middle the page may show cells, feature units."""
    found = camera_of(run, style)
    rims = [0.0] if found.kind == "fixed" else [found.rim(snapshot) for snapshot in run.snapshots]
    return sectors.BEYOND * max(geometry.half_height(run), max(rims) / found.disc)


def rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def significant(values: np.ndarray, digits: int) -> list[Any]:
    """Nested lists of the values, to so many digits each."""
    return np.vectorize(lambda value: float(f"{value:.{digits}g}"), otypes=[float])(values).tolist()
