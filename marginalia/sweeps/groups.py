"""The runs of a sweep that differ in their seed alone, and which of them are compared."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from marginalia.core.interval import Interval
from marginalia.core.user_code import short_name
from marginalia.sweeps.results import RUN, Results
from marginalia.sweeps.statistics import Values, interval

SEED, LOSS, SCALE = "seed", "lossname", "s"
CHOOSING, JUDGING = "validation_accuracy", "test_accuracy"
MARGINS = ("m1", "m2", "m3")


@dataclass(frozen=True)
class Group:
    """settings: those that its runs share and others do not, in the order of the sweep. rows: of its runs."""

    settings: Mapping[str, Any]
    rows: Results

    @property
    def name(self) -> str:
        """ "CosFace_v1, s = 4, m3 = 0.1"."""
        words = [f"{key} = {shown(value)}" for key, value in self.settings.items() if key != LOSS]
        return ", ".join([*([shown(self.settings[LOSS])] if LOSS in self.settings else []), *words]) or "all runs"

    @property
    def epochs(self) -> list[float]:
        return sorted(set(self.rows.columns["epoch"].tolist()))

    def values(self, metric: str, epoch: float | None = None) -> Values:
        """By seed, at this epoch or at the last one."""
        rows = self.rows.last if epoch is None else self.rows.where(self.rows.columns["epoch"] == epoch)
        return {seed: float(value) for seed, value in zip(seeds(rows), rows.columns[metric], strict=True)}

    def interval(self, metric: str, epoch: float | None = None) -> Interval:
        return interval(list(self.values(metric, epoch).values()))

    @property
    def runs(self) -> dict[int, str]:
        """The name of the run of each seed."""
        rows = self.rows.last
        return dict(zip(seeds(rows), map(str, rows.columns[RUN]), strict=True))


def seeds(rows: Results) -> list[int]:
    """Of each row; 0, the usual one, where the sweep says none."""
    return [int(seed or 0) for seed in rows.columns.get(SEED, np.zeros(len(rows)))]


def shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else short_name(str(value))


def groups_of(results: Results) -> list[Group]:
    """In the order of the table."""
    keys = [key for key in results.varied if key != SEED]
    rows = list(zip(*(results.columns[key] for key in keys), strict=True)) if keys else [()] * len(results)
    found: dict[tuple[Any, ...], list[int]] = {}
    for number, values in enumerate(rows):
        found.setdefault(tuple(values), []).append(number)
    groups = []
    for values, numbers in found.items():
        mask = np.zeros(len(results), bool)
        mask[numbers] = True
        settings = {key: value for key, value in zip(keys, values, strict=True) if value is not None}
        groups.append(Group(settings, results.where(mask)))
    return groups


def best_of_each(groups: list[Group], metric: str = CHOOSING, of: str = LOSS) -> dict[str, Group]:
    """Of each loss the group with the largest mean on validation images; on test images where there are no others."""
    return chosen(groups, of, lambda group: group.interval(choosing(group, metric)).mean)


def choosing(group: Group, metric: str = CHOOSING) -> str:
    """What is chosen by: the metric of validation images, or that of test images if no images were set aside."""
    known = metric in group.rows.columns and np.isfinite(group.rows.last.columns[metric]).any()
    return metric if known else JUDGING


def chosen(groups: list[Group], of: str, merit: Callable[[Group], float]) -> dict[str, Group]:
    """The group of the largest merit among those with the same value of this setting; only from those of most seeds."""
    alike: dict[str, list[Group]] = {}
    for group in groups:
        alike.setdefault(str(group.settings.get(of, "")), []).append(group)

    def worth(group: Group) -> tuple[int, float]:
        return len(group.runs), -math.inf if math.isnan(merit(group)) else merit(group)

    return {value: max(those, key=worth) for value, those in alike.items()}
