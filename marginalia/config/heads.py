"""The numbers of every head, as rows of config.json name them. No torch here: drawing and parsing read them too.

A row with a key "head" is one of HEADS; a row without is AngleLinear's MarginSpec.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from marginalia.core.margin import LARGEST, MarginSpec

NORMALISED = {"w_norm": True, "x_norm": True}


def number(least: float, most: float = LARGEST, above: bool = False) -> Any:
    """A setting from `least` (or, with `above`, from anything larger) to `most`."""
    return field(metadata={"least": least, "most": most, "above": above})


@dataclass(frozen=True)
class HeadSpec:
    """A head's numbers. Raises ValueError when one is out of its range or not finite.

    regions: what decides, as pictures can show it, one of REGIONS: "sectors" around the class weights, "cells" of which
    they are the nearest, or "none" that follow from one weight a class.
    """

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
    def name(self) -> str:
        """The head's name in config.json."""
        return next(name for name, spec in HEADS.items() if spec is type(self))

    @property
    def drawn(self) -> MarginSpec:
        """What the head does without its margin, for drawing."""
        normalised = self.regions != "cells"
        return MarginSpec(w_norm=normalised, x_norm=normalised, s=getattr(self, "s", 1.0), m1=1, m2=0, m3=0)


@dataclass(frozen=True)
class CenterSpec(HeadSpec):
    weight: float = number(0)
    alpha: float = number(0, 1, above=True)

    @property
    def drawn(self) -> MarginSpec:
        return MarginSpec(w_norm=False, x_norm=False, s=1, m1=1, m2=0, m3=0)


@dataclass(frozen=True)
class LearnedScaleSpec(HeadSpec):
    s: float = number(0, above=True)


@dataclass(frozen=True)
class AdaCosSpec(HeadSpec):
    pass


@dataclass(frozen=True)
class SphereFaceRSpec(HeadSpec):
    s: float = number(0, above=True)
    m: float = number(1)
    version: int = number(1, 2)


@dataclass(frozen=True)
class SphereFace2Spec(HeadSpec):
    r: float = number(0, above=True)
    m: float = number(0)
    t: float = number(0, above=True)
    balance: float = number(0, 0.999, above=True)


@dataclass(frozen=True)
class CurricularSpec(HeadSpec):
    s: float = number(0, above=True)
    m: float = number(0)

    @property
    def arcface(self) -> MarginSpec:
        return MarginSpec(**NORMALISED, s=self.s, m1=1, m2=self.m, m3=0)


@dataclass(frozen=True)
class MagFaceSpec(HeadSpec):
    s: float = number(0, above=True)
    l_a: float = number(0, above=True)
    u_a: float = number(0, above=True)
    l_m: float = number(0)
    u_m: float = number(0, math.pi)
    weight: float = number(0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.u_a <= self.l_a:
            raise ValueError(f"u_a must be greater than l_a = {self.l_a:g}, not {self.u_a:g}")
        if self.u_m < self.l_m:
            raise ValueError(f"u_m must be at least l_m = {self.l_m:g}, not {self.u_m:g}")


@dataclass(frozen=True)
class AdaFaceSpec(HeadSpec):
    s: float = number(0, above=True)
    m: float = number(0)
    h: float = number(0, above=True)


@dataclass(frozen=True)
class ElasticSpec(HeadSpec):
    s: float = number(0, above=True)
    m: float = number(0)
    sigma: float = number(0)


@dataclass(frozen=True)
class SubCenterSpec(HeadSpec):
    regions: ClassVar[str] = "none"
    s: float = number(0, above=True)
    m: float = number(0)
    centres: int = number(1, 16)

    @property
    def arcface(self) -> MarginSpec:
        return MarginSpec(**NORMALISED, s=self.s, m1=1, m2=self.m, m3=0)


@dataclass(frozen=True)
class UniFaceSpec(HeadSpec):
    s: float = number(0, above=True)
    m: float = number(0)


@dataclass(frozen=True)
class CircleSpec(HeadSpec):
    s: float = number(0, above=True)
    m: float = number(0, 1)


@dataclass(frozen=True)
class RBFSoftmaxSpec(HeadSpec):
    regions: ClassVar[str] = "cells"
    s: float = number(0, above=True)
    gamma: float = number(0, above=True)


@dataclass(frozen=True)
class GaussianMixtureSpec(HeadSpec):
    regions: ClassVar[str] = "cells"
    alpha: float = number(0)
    weight: float = number(0)


@dataclass(frozen=True)
class MetricLearningSpec(HeadSpec):
    """loss: the name of a loss of pytorch-metric-learning that has no class weights."""

    loss: str

    def __post_init__(self) -> None:
        if not self.loss.isidentifier():
            raise ValueError(f"loss must be the name of a loss of pytorch-metric-learning, not {self.loss!r}")


HEADS: dict[str, type[HeadSpec]] = {
    "center": CenterSpec,
    "learned-scale": LearnedScaleSpec,
    "AdaCos": AdaCosSpec,
    "SphereFace-R": SphereFaceRSpec,
    "SphereFace2": SphereFace2Spec,
    "CurricularFace": CurricularSpec,
    "MagFace": MagFaceSpec,
    "AdaFace": AdaFaceSpec,
    "ElasticFace": ElasticSpec,
    "sub-center": SubCenterSpec,
    "UniFace": UniFaceSpec,
    "Circle": CircleSpec,
    "RBF-softmax": RBFSoftmaxSpec,
    "Gaussian-mixture": GaussianMixtureSpec,
    "pml": MetricLearningSpec,
}
