"""Which groups of runs a question compares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from marginalia.sweeps.groups import JUDGING, SCALE, Group, choosing
from marginalia.sweeps.statistics import Difference, corrected

PLAIN, COSFACE, ARCFACE = "norm-softmax", "CosFace_v1", "ArcFace_v1"
FAILS = 0.90


def failing(accuracies: Iterable[float]) -> str:
    """ "3 of 70": how many runs fail."""
    all_of_them = list(accuracies)
    return f"{sum(accuracy < FAILS for accuracy in all_of_them)} of {len(all_of_them)}"


def against(pairs: Sequence[tuple[Group, Group]], metric: str = JUDGING) -> list[Difference]:
    """Of each pair second - first, by seed, with the p-values corrected for so many pairs."""
    return corrected([((b.name, b.values(metric)), (a.name, a.values(metric))) for a, b in pairs])


def where(groups: Sequence[Group], **settings: Any) -> list[Group]:
    return [group for group in groups if all(group.settings.get(key) == value for key, value in settings.items())]


def best_at(groups: Sequence[Group], **settings: Any) -> Group:
    """Among the groups with these settings, the best on validation images."""
    return max(where(groups, **settings), key=lambda group: group.interval(choosing(group)).mean)


def scales_of(groups: Sequence[Group]) -> list[float]:
    return sorted({group.settings[SCALE] for group in groups})


def margin_of(group: Group) -> str:
    return ", ".join(f"{key} = {value:g}" for key, value in group.settings.items() if key in ("m1", "m2", "m3"))


def better_and_worse(differences: Sequence[Difference]) -> tuple[list[Difference], list[Difference]]:
    """Those that are seen."""
    seen = [one for one in differences if one.is_seen]
    return [one for one in seen if one.interval.mean > 0], [one for one in seen if one.interval.mean < 0]
