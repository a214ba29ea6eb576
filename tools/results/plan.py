"""Every training that docs/results.md reports, as data."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

PRESETS = (
    "softmax", "A-softmax_v1", "ArcFace_v3", "CosFace_v1", "A-softmax_v2", "norm-softmax", "L-softmax_v1",
    "L-softmax_v2", "CosFace_v2", "ArcFace_v1", "ArcFace_v2",
)  # fmt: skip
FURTHER = (
    "center", "NormFace", "AdaCos", "SphereFace-R_v1", "SphereFace-R_v2", "SphereFace2", "CurricularFace", "MagFace",
    "AdaFace", "ElasticFace", "sub-center", "UniFace", "Circle", "RBF-softmax", "Gaussian-mixture",
)  # fmt: skip
SEVERAL_SEEDS = ("softmax", "CosFace_v1", "A-softmax_v2")
WITH_RESNET = ("softmax", "A-softmax_v2", "CosFace_v1", "ArcFace_v3")
OPEN_SET = ("softmax", "center", "A-softmax_v2", "CosFace_v1", "ArcFace_v3")
HELD_OUT = ("8", "9")
SCALE = 4.0
NORMALISED = ("norm-softmax", "CosFace_v1", "CosFace_v2", "ArcFace_v1", "ArcFace_v2", "ArcFace_v3")
SHORT, LONG = 8, 20


@dataclass(frozen=True)
class Trial:
    """One training: a loss, and the settings of the command line that differ from config.json's."""

    part: str
    lossname: str
    settings: dict[str, Any] = field(default_factory=dict)
    seed: int = 0

    @property
    def given(self) -> dict[str, Any]:
        return self.settings | {"seed": self.seed}


def plan() -> list[Trial]:
    """All trials, the most wanted first."""
    trials = [Trial("presets", lossname, {"epochs": LONG}) for lossname in PRESETS]
    trials += [Trial("open set", lossname, {"epochs": SHORT, "holdout": HELD_OUT}) for lossname in OPEN_SET]
    trials += [Trial("further heads", lossname, {"epochs": SHORT}) for lossname in FURTHER]
    resnet = {"epochs": SHORT, "basemodel": "MiniResnet18"}
    trials += [Trial("MiniResNet18", lossname, resnet) for lossname in WITH_RESNET]
    trials += [Trial("scale", "norm-softmax", {"epochs": LONG, "match_scale": SCALE})]
    trials += difficulty()
    trials += [Trial("presets", lossname, {"epochs": LONG}, seed) for seed in (1, 2) for lossname in SEVERAL_SEEDS]
    return trials


def difficulty() -> list[Trial]:
    """Three margins that enforce the same angle, see `matched_margins`, in many snapshots and three seeds."""
    many = {"epochs": 3, "snapshots": 10}
    margins = matched_margins()
    return [
        Trial("difficulty", lossname, many | numbers, seed)
        for seed in range(3)
        for lossname, numbers in (
            ("norm-softmax", {"s": SCALE, "m1": margins["m1"]}),
            ("CosFace_v1", {"s": SCALE, "m3": margins["m3"]}),
            ("ArcFace_v3", {"s": SCALE, "m2": margins["m2"]}),
        )
    ]


def matched_margins() -> dict[str, float]:
    """m1, m2 and m3 that leave the same angle to a class between two neighbours among ten even directions.

    ArcFace_v3's m2 is given. A feature satisfies it up to theta with theta + m2 = gap - theta; the others are solved
    for that theta: m1 theta = gap - theta, and cos(theta) - m3 = cos(gap - theta). Rounded to four digits.
    """
    gap, m2 = 2 * math.pi / 10, 0.3
    theta = (gap - m2) / 2
    m1, m3 = (gap - theta) / theta, math.cos(theta) - math.cos(gap - theta)
    return {"m1": round(m1, 4), "m2": m2, "m3": round(m3, 4)}
