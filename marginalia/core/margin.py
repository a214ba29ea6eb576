"""The margin function of the margin-softmax family, for NumPy arrays and torch tensors alike.

Training and drawing both call `psi`, so that a picture cannot show another margin than the one that trains.
Neither torch nor matplotlib is imported here.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    import numpy as np

LARGEST = 1e6
SMALLEST = 1e-6
PSI_SAMPLES, FINE_SAMPLES = 181, 721
REGIONS = ("sectors", "cells", "polygons", "none")


@dataclass(frozen=True)
class MarginSpec:
    """One loss of the AngleLinear family: which norms are taken out, the scale, and three margins.

    w_norm: the class weights are normalised, |w_j| = 1.
    x_norm: the features are normalised, |x| = 1.
    s: scale of the logits, > 0.
    m1: factor on the angle, >= 1 (L-Softmax 1612.02295, SphereFace 1704.08063).
    m2: angle added, radians, >= 0 (ArcFace 1801.07698).
    m3: cosine subtracted, >= 0 (CosFace 1801.09414).

    Raises ValueError when a number is out of its range or not finite.
    """

    w_norm: bool
    x_norm: bool
    s: float
    m1: float
    m2: float
    m3: float

    def __post_init__(self) -> None:
        for field in fields(self)[2:]:
            value = getattr(self, field.name)
            if not math.isfinite(value) or value > LARGEST:
                raise ValueError(f"{field.name} must be a finite number up to {LARGEST:g}, not {value:g}")
            object.__setattr__(self, field.name, float(value))
        if self.s <= 0:
            raise ValueError(f"s must be greater than 0, not {self.s:g}")
        if self.m1 < 1:
            raise ValueError(f"m1 must be at least 1, not {self.m1:g}")
        for name in ("m2", "m3"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be at least 0, not {getattr(self, name):g}")

    name: ClassVar[str] = ""
    regions: ClassVar[str] = "sectors"

    @property
    def inference_spec(self) -> MarginSpec:
        """What is drawn of the loss: all of it, the margin too."""
        return self

    @property
    def is_angular(self) -> bool:
        """Whether psi needs the angle itself and not only its cosine."""
        return self.m1 != 1 or self.m2 != 0

    @property
    def has_margin(self) -> bool:
        """Whether training asks for more than inference does."""
        return self.is_angular or self.m3 != 0


@dataclass(frozen=True)
class SampledMargin:
    """The margin of a loss that is known by samples of its psi, such as a function of the user's.

    samples: psi at P >= 2 angles evenly from 0 to pi; straight lines are between them. w_norm, x_norm, s: see
    `MarginSpec`.
    """

    w_norm: bool
    x_norm: bool
    s: float
    samples: tuple[float, ...]

    is_angular: ClassVar[bool] = False

    @property
    def has_margin(self) -> bool:
        """Whether training asks for more than inference does."""
        count = len(self.samples)
        return any(abs(value - math.cos(math.pi * i / (count - 1))) > SMALLEST for i, value in enumerate(self.samples))

    def values(self, theta: Any, slope: bool = False) -> Any:
        """psi at these angles in radians, a NumPy array, or its slope."""
        import numpy as np

        angles = np.linspace(0, np.pi, len(self.samples))
        return np.interp(theta, angles, np.gradient(self.samples, angles) if slope else self.samples)


Margin = MarginSpec | SampledMargin


def psi(theta: Any, spec: Margin) -> Any:
    """The target logit over s |w| |x|: what the loss makes of the angle to the own class.

        theta' = m1 theta + m2,  k = floor(theta' / pi)
        psi    = (-1)^k cos(theta') - 2k - m3

    theta: angles in radians in [0, pi], any shape, NumPy array, torch tensor or a number.
    Returns the same type and shape. Continuous and decreasing on [0, pi], so no 'easy margin' is needed.
    Source: L-Softmax (1612.02295, eq. 6), with the angle and the margins of ArcFace (1801.07698, eq. 4).
    Of a `SampledMargin` it is what was sampled, for NumPy arrays only.
    """
    if isinstance(spec, SampledMargin):
        return spec.values(theta)
    xp = array_module(theta)
    bent = spec.m1 * theta + spec.m2
    k = xp.floor(bent / math.pi)
    sign = 1 - 2 * (k % 2)
    return sign * xp.cos(bent) - 2 * k - spec.m3


def psi_slope(theta: Any, spec: Margin) -> Any:
    """The derivative of psi by the angle, -(-1)^k m1 sin(theta'); never above 0. Shapes and types as in `psi`.

    Where theta' is a multiple of pi, both sides of psi have the slope 0.
    """
    if isinstance(spec, SampledMargin):
        return spec.values(theta, slope=True)
    xp = array_module(theta)
    bent = spec.m1 * theta + spec.m2
    sign = 1 - 2 * (xp.floor(bent / math.pi) % 2)
    return -sign * spec.m1 * xp.sin(bent)


def array_module(theta: Any) -> Any:
    """NumPy or torch, whichever the values are of, or math for a number."""
    name = type(theta).__module__.partition(".")[0]
    return math if name == "builtins" else sys.modules[name]


def sampled_psi(spec: Margin, annealing_lambda: float = 0.0) -> np.ndarray:
    """psi at every whole degree from 0 to 180, float64 (181,), with the margin held back by a lambda.

        (lambda cos(theta) + psi(theta)) / (1 + lambda)

    Source: SphereFace (1704.08063, section 4 of the supplement).
    """
    import numpy as np

    theta = np.linspace(0, np.pi, PSI_SAMPLES)
    return (annealing_lambda * np.cos(theta) + psi(theta, spec)) / (1 + annealing_lambda)


def margin_too_large(loss: object, classes: int, dimension: int) -> str | None:
    """A line for people if not all classes can satisfy the margin at once, with the largest one that they can; or None.

    Only of a MarginSpec is anything said, and only where `nearest_cosine` is exact.
    """
    if not isinstance(loss, MarginSpec):
        return None
    cosine, exact = nearest_cosine(classes, dimension)
    if not exact or psi(0.0, loss) >= cosine:
        return None
    name = "m3" if loss.m3 else "m2"
    largest = math.cos(loss.m2) - cosine if loss.m3 else math.acos(cosine)
    if largest < 0:
        name, largest = "m2", math.acos(cosine)
    return (
        f"{name} = {getattr(loss, name):g} is more than {classes} classes in {dimension} dimensions can satisfy; "
        f"the largest feasible {name} is {math.floor(largest * 1000) / 1000:g}"
    )


def nearest_cosine(classes: int, dimension: int) -> tuple[float, bool]:
    """The cosine between neighbours where unit vectors of these classes lie as far apart as they can, for D >= 2.

    All classes can satisfy a margin at once only if psi(0) is at least that. The second value says whether the
    first is exact; else the true cosine is at least as large.
    Source: Rankin, The Closest Packing of Spherical Caps in n Dimensions, 1955 (C <= 2 D); L. Fejes Toth, 1943 (D = 3).
    """
    if dimension == 2:
        return math.cos(2 * math.pi / classes), True
    if classes <= dimension + 1:
        return -1 / (classes - 1), True
    if classes <= 2 * dimension:
        return 0.0, True
    if dimension == 3:
        half_angle = math.pi * classes / (6 * (classes - 2))
        return 1 / (2 * math.sin(half_angle) ** 2) - 1, False
    return 0.0, False
