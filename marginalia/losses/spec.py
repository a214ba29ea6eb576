"""What the numbers of every head have in common. No torch here: drawing and parsing see it too."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from marginalia.core.margin import LARGEST, MarginSpec
from marginalia.core.user_code import UserCode


def number(least: float, most: float = LARGEST, above: bool = False) -> Any:
    """A setting from `least` (or, with `above`, from anything larger) to `most`."""
    return field(metadata={"least": least, "most": most, "above": above})


def require_in_range(spec: Any) -> None:
    """ValueError unless each `number` of the dataclass is in its range and finite."""
    for item in fields(spec):
        if "least" not in item.metadata:
            continue
        value, least, most = getattr(spec, item.name), item.metadata["least"], item.metadata["most"]
        if not math.isfinite(value) or value > most:
            raise ValueError(f"{item.name} must be a finite number up to {most:g}, not {value:g}")
        if value < least or (item.metadata["above"] and value == least):
            bound = "greater than" if item.metadata["above"] else "at least"
            raise ValueError(f"{item.name} must be {bound} {least:g}, not {value:g}")


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
        require_in_range(self)

    @property
    def inference_spec(self) -> MarginSpec:
        """What the head does without its margin, for drawing."""
        normalised = self.regions != "cells"
        return MarginSpec(w_norm=normalised, x_norm=normalised, s=getattr(self, "s", 1.0), m1=1, m2=0, m3=0)


@dataclass(frozen=True)
class UserLoss:
    """A class of the user's own file; inference_spec, regions: see `HeadSpec`."""

    code: UserCode
    inference_spec: MarginSpec
    regions: str

    @property
    def name(self) -> str:
        return self.code.name


@dataclass(frozen=True)
class UserPsi:
    """A function psi of the angle from the user's own file, and the scale s of its logits, > 0."""

    code: UserCode
    regions: ClassVar[str] = "sectors"
    s: float = number(0, above=True)

    def __post_init__(self) -> None:
        require_in_range(self)

    @property
    def name(self) -> str:
        return self.code.name

    @property
    def inference_spec(self) -> MarginSpec:
        """The logits without margin, s cos(theta)."""
        return MarginSpec(w_norm=True, x_norm=True, s=self.s, m1=1, m2=0, m3=0)


LossSpec = MarginSpec | HeadSpec | UserLoss | UserPsi
