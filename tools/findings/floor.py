"""Do runs reach the floor of their loss, and does it keep classes apart?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from marginalia.sweeps.groups import JUDGING, LOSS, SCALE, Group, groups_of
from marginalia.sweeps.results import RUN, Results
from tools.findings.groups import ARCFACE, COSFACE, PLAIN, failing
from tools.findings.words import table

NEAR, BELOW = 0.01, -1e-4
MERGED = 5  # degrees between two class weights; ten that are even have 36
LOSSES = {"plain": PLAIN, "cosface": COSFACE, "arcface": ARCFACE}
SCALES = (1, 2, 4, 8, 16, 32, 64)


def floors(results: Mapping[str, Results]) -> dict[str, str]:
    """How many runs of all sweeps lie below their floor, and how far those of few epochs at s = 1 end above it."""
    gaps = np.concatenate([above_floor(found) for found in results.values()])
    gaps = gaps[np.isfinite(gaps)]
    few = results["scale-or-margin"]
    early = above_floor(few)[few.last.columns[SCALE] == 1]
    early = early[np.isfinite(early)]
    return {
        "with_floor": str(len(gaps)),
        "below_floor": str((gaps < BELOW).sum()),
        "early": str(len(early)),
        "early_near": str((early < NEAR).sum()),
        "early_median": f"{np.median(early):.3f}",
    }


def at_the_floor(results: Mapping[str, Results]) -> dict[str, str]:
    """Of the longer runs at s = 1, how far above the floor they end, and what becomes of the classes."""
    found = results["floor"]
    last = found.last.columns
    accuracy, losses = last[JUDGING], last[LOSS]
    right = 100 * accuracy
    near, merged = above_floor(found) < NEAR, last["weight_gap"] < MERGED
    heading = ("runs", "above the floor", "within 0.01", "test accuracy, %", "nearest weights, degrees")
    costs = [f"{cost_of_sharing(s):.4f}" for s in SCALES]
    return {
        "at_the_floor": table(heading, [row(group) for group in groups_of(found)]),
        "long": str(len(near)),
        "long_near": str(near.sum()),
        "long_merged": str((near & merged).sum()),
        "merged": str(MERGED),
        "merged_right": f"{right[near & merged].mean():.1f}",
        "merged_range": f"{right[near & merged].min():.1f} to {right[near & merged].max():.1f}",
        "apart": str((near & ~merged).sum()),
        "apart_right": f"{right[near & ~merged].min():.1f} to {right[near & ~merged].max():.1f}",
        "once_near": str(sum(nearest(found, run) < MERGED for run in last[RUN])),
        **{f"long_fails_{name}": failing(accuracy[losses == loss]) for name, loss in LOSSES.items()},
        "shared": table(("s", *map(str, SCALES)), [("larger by", *costs)]),
    }


def nearest(found: Results, run: str) -> float:
    """The least angle in degrees that two class weights of a run have at any snapshot."""
    return float(found.columns["weight_gap"][found.columns[RUN] == run].min())


def row(group: Group) -> tuple[str, ...]:
    last, gaps = group.rows.last.columns, above_floor(group.rows)
    right = 100 * last[JUDGING]
    return (
        group.name,
        f"{gaps.mean():.4f}, most {gaps.max():.4f}",
        f"{(gaps < NEAR).sum()} of {len(gaps)}",
        f"{right.mean():.1f}, worst {right.min():.1f}",
        f"{np.median(last['weight_gap']):.2f}",
    )


def above_floor(found: Results) -> np.ndarray:
    """Of each run, how far its last loss lies above its floor; NaN where there is none."""
    last = found.last.columns
    return last["loss"] - last["loss_floor"]


def cost_of_sharing(s: float) -> float:
    """How much larger the loss is when ten equal classes share five even directions than when they have ten.

    Without a margin, both sides normalised, every feature on the weight of its class (docs/mathematics.md, "The least
    loss").
    """

    def loss(directions: int) -> float:
        angles = 2 * np.pi / directions * np.arange(directions)
        return float(np.log(10 / directions * np.exp(s * (np.cos(angles) - 1)).sum()))

    return loss(5) - loss(10)
