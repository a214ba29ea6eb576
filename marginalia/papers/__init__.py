"""The figures of the papers, on classes of one's own: what is trained for each, what is claimed, what was seen.

A figure is a module with TITLE, CLAIM and SOURCE; CLASSES, how many it shows, or 0 for all; EPOCHS; BASE and GRIDS, a
sweep; draw(sheet, area, trained); and verdict(trained), a sentence that says whether the claim was seen.
"""

from __future__ import annotations

import importlib
from types import ModuleType

NAMES = (
    "softmax-margins", "sphereface-m", "cosface-m", "arcface-toy", "center-lambda", "collapse", "scale-floor",
    "difficulty",
)  # fmt: skip


def figure(name: str) -> ModuleType:
    """The module of a figure, by its name."""
    return importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
