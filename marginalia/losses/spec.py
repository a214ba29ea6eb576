"""What the numbers of every head have in common. No torch here: drawing and parsing see it too."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from marginalia.core.margin import LARGEST, MarginSpec


def number(least: float, most: float = LARGEST, above: bool = False) -> Any:
    """A setting from `least` (or, with `above`, from anything larger) to `most`."""
    return field(metadata={"least": least, "most": most, "above": above})


def arcface(s: float, m: float) -> MarginSpec:
    """ArcFace's numbers."""
    return MarginSpec(w_norm=True, x_norm=True, s=s, m1=1, m2=m, m3=0)


@dataclass(frozen=True)
class HeadSpec:
    """A head's numbers. Raises ValueError when one is out of its range or not finite.

    name: the head's name in config.json. regions: what decides, as pictures can show it, one of REGIONS: "sectors"
    around the class weights, "cells" of which they are the nearest, or "none" that follow from one weight a class.
    """

    name: ClassVar[str]
    regions: ClassVar[str] = "sectors"

    def __post_init__(self) -> None:
        for item in fields(self):
            value, least, most = getattr(self, item.name), item.metadata["least"], item.metadata["most"]
            if not math.isfinite(value) or value > most:
                raise ValueError(f"{item.name} must be a finite number up to {most:g}, not {value:g}")
            if value < least or (item.metadata["above"] and value == least):
                bound = "greater than" if item.metadata["above"] else "at least"
                raise ValueError(f"{item.name} must be {bound} {least:g}, not {value:g}")

    @property
    def inference_spec(self) -> MarginSpec:
        """What the head does without its margin, for drawing."""
        normalised = self.regions != "cells"
        return MarginSpec(w_norm=normalised, x_norm=normalised, s=getattr(self, "s", 1.0), m1=1, m2=0, m3=0)
