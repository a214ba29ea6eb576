"""The threshold at a chosen rate of false accepts, from the figures of an evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from marginalia.core.errors import InputError
from marginalia.core.parsing import read_json


@dataclass(frozen=True)
class Threshold:
    """value: scores from this one on are the same person. fusion: what the scores were computed with."""

    value: float
    fusion: str


def threshold_of(path: Path, far: float, mark: bytes) -> Threshold:
    """mark: the recogniser's. Raises InputError if the file is another one's, or has none at this rate."""
    content = read_json(path)
    try:
        known = {float(rate): value for rate, value in content["threshold_at_far"].items() if value is not None}
        asked = content["asked"]
        if asked["mark"] != mark.hex():
            raise InputError(f"{path} has the figures of another model, {asked['model']}; evaluate this one")
        if asked["subtract_mean"] or asked["sphereface"]:
            raise InputError(f"{path}: scores of --subtract-mean or --like-sphereface hold for its images only")
        if far not in known:
            rates = ", ".join(f"{rate:g}" for rate in known) or "none"
            raise InputError(f"{path} has no threshold at FAR {far:g}; it has pairs enough for {rates}")
        return Threshold(float(known[far]), str(asked["fusion"]))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise InputError(f"{path} has no thresholds; make it with: python -m marginalia faces evaluate") from None
