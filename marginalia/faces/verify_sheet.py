"""Two aligned faces side by side, and how alike a recogniser finds them."""

from __future__ import annotations

import numpy as np

from marginalia.viz.labels import shown
from marginalia.viz.sheet import Sheet
from marginalia.viz.style import Style

WIDTH = 960.0
SIDE = 400


class VerifySheet(Sheet):
    """crops: uint8 (H, W, 3), with their names. answer, note: two lines above them."""

    count = 1

    def __init__(self, crops: list[tuple[str, np.ndarray]], answer: str, note: str, style: Style):
        super().__init__(WIDTH, style)
        self.text(50, 656, answer, 30, fontweight="bold")
        self.text(50, 612, note, 17, muted=True)
        for number, (name, crop) in enumerate(crops):
            left = 50 + number * (SIDE + 60)
            ax = self.axes(left, 110, SIDE, 470)
            ax.imshow(crop, interpolation="nearest")
            ax.axis("off")
            self.text(left + SIDE / 2, 66, shown(name, 34), 17, ha="center")

    def show(self, number: int) -> None:
        """There is one moment only."""
