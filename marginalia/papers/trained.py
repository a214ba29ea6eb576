"""The runs of a figure, and what their numbers say together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from marginalia.core.interval import Interval
from marginalia.record.snapshot import HELD_OUT, Run
from marginalia.sweeps.statistics import interval

SEED = "seed"


@dataclass(frozen=True)
class Trained:
    """runs: each with the settings in which it differs from the others, among them its seed."""

    runs: Sequence[tuple[Mapping[str, Any], Run]]

    def where(self, **settings: Any) -> dict[int, Run]:
        """The runs with these settings, by seed."""
        return {
            int(found.get(SEED, 0)): run
            for found, run in self.runs
            if all(found.get(key) == value for key, value in settings.items())
        }

    def first(self, **settings: Any) -> Run:
        """That of the first seed."""
        found = self.where(**settings)
        return found[min(found)]

    def interval(self, metric: str, **settings: Any) -> Interval:
        """Over the seeds, of the last snapshot."""
        return interval([last(run, metric) for run in self.where(**settings).values()])


def with_trained_classes_alone(run: Run) -> Run:
    """The run without the points of classes that were held out."""
    snapshots = [
        replace(snapshot, splits={name: points for name, points in snapshot.splits.items() if name != HELD_OUT})
        for snapshot in run.snapshots
    ]
    return replace(run, snapshots=tuple(snapshots), held_out_names=(), splits_of_other_classes=())


def last(run: Run, metric: str) -> float:
    return run.snapshots[-1].metric(metric)


def monotone(
    trained: Trained, steps: Sequence[Mapping[str, Any]], metric: str, rises: bool
) -> tuple[int, int, list[Interval]]:
    """In how many seeds, of how many, the number rises (or falls) from each of these settings to the next.

    And its interval at each of them.
    """
    by_step = [trained.where(**settings) for settings in steps]
    seeds = sorted(set.intersection(*(set(found) for found in by_step)))
    sign = 1 if rises else -1
    holds = sum(in_order([sign * last(found[seed], metric) for found in by_step]) for seed in seeds)
    return holds, len(seeds), [trained.interval(metric, **settings) for settings in steps]


def judged(
    trained: Trained,
    steps: Sequence[Mapping[str, Any]],
    metric: str,
    rises: bool,
    what: str,
    shown: Callable[[float], str],
) -> str:
    """The sentence on whether the number goes its way over these settings, see `monotone`."""
    holds, seeds, found = monotone(trained, steps, metric, rises)
    return sentence(holds, seeds, what, found, shown)


def in_order(values: Sequence[float]) -> bool:
    return all(before < after for before, after in pairwise(values))


def sentence(holds: int, seeds: int, what: str, found: Sequence[Interval], shown: Callable[[float], str]) -> str:
    """Whether it was seen, in how many seeds, and the means."""
    word = "Seen" if holds == seeds else "Not seen" if not holds else "Not always seen"
    means = " → ".join(shown(one.mean) for one in found)
    return f"{word}: {what} in {holds} of {seeds} seeds ({means})."
