"""Does a margin help at equal scale, is it the scale, when does ArcFace fail?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from marginalia.core.margin import nearest_cosine
from marginalia.sweeps.groups import JUDGING, LOSS, SCALE, Group, best_of_each, choosing, groups_of
from marginalia.sweeps.results import Results
from tools.findings.groups import (
    ARCFACE,
    COSFACE,
    FAILS,
    PLAIN,
    against,
    best_at,
    better_and_worse,
    failing,
    margin_of,
    scales_of,
    where,
)
from tools.findings.words import listed, percent, points, table

ONE_SCALE = 16  # of sweeps/arcface-limit.json, whose results name only what varies
LIMIT = nearest_cosine(10, 2)[0]


def equal_scale(results: Mapping[str, Results]) -> dict[str, str]:
    groups = groups_of(results["scale-or-margin"])
    scales = scales_of(groups)
    bare = [best_at(groups, lossname=PLAIN, s=s) for s in scales]
    with_margin = [best_at(groups, lossname=loss, s=s) for loss in (COSFACE, ARCFACE) for s in scales]
    found = against(list(zip(2 * bare, with_margin, strict=True)))
    of_loss = {COSFACE: found[: len(scales)], ARCFACE: found[len(scales) :]}
    rows = []
    for number, (s, group) in enumerate(zip(scales, bare, strict=True)):
        cells = [f"{s:g}", percent(group.interval(JUDGING))]
        for place in (number, number + len(scales)):
            cells += [margin_of(with_margin[place]), points(found[place])]
        rows.append(cells)
    told = {}
    for loss, name in ((COSFACE, "cosface"), (ARCFACE, "arcface")):
        better, worse = better_and_worse(of_loss[loss])
        told[f"{name}_helps"] = listed([f"{scales[of_loss[loss].index(one)]:g}" for one in better])
        told[f"{name}_hurts"] = listed([f"{scales[of_loss[loss].index(one)]:g}" for one in worse])
    heading = ("s", "no margin, %", "CosFace with", "gain, points", "ArcFace with", "gain, points")
    return told | {"equal_scale": table(heading, rows), "equal_scale_pairs": str(len(found))}


def scale(results: Mapping[str, Results]) -> dict[str, str]:
    groups = groups_of(results["scale-or-margin"])
    scales = scales_of(groups)
    bare = {s: best_at(groups, lossname=PLAIN, s=s) for s in scales}
    base = best_at(groups, lossname=PLAIN)
    elsewhere = [s for s in scales if bare[s] is not base]
    to_base = dict(zip(elsewhere, against([(base, bare[s]) for s in elsewhere]), strict=True))
    by_scale = [
        (f"{s:g}", percent(bare[s].interval(JUDGING)), points(to_base[s]) if s in to_base else "-") for s in scales
    ]
    best = best_of_each(groups)
    others = [group for name, group in best.items() if name != PLAIN]
    found = {one.first: one for one in against([(best[PLAIN], group) for group in others])}
    rows = [
        (group.name, percent(group.interval(choosing(group))), percent(group.interval(JUDGING)),
         points(found[group.name]) if group.name in found else "-")
        for group in best.values()
    ]  # fmt: skip
    return {
        "chosen_scale": f"{base.settings[SCALE]:g}",
        "scale_matters": listed([f"{s:g}" for s in elsewhere if to_base[s].is_seen]),
        "by_scale": table(("s", "no margin, %", "against the chosen s, points"), by_scale),
        "best_settings": table(("chosen", "validation, %", "test, %", "against norm-softmax, points"), rows),
    }


def arcface_fails(results: Mapping[str, Results]) -> dict[str, str]:
    groups = where(groups_of(results["scale-or-margin"]), **{LOSS: ARCFACE})
    larger = groups_of(results["arcface-limit"])
    groups += [replace(group, settings={SCALE: ONE_SCALE, **group.settings}) for group in larger]
    margins = sorted({group.settings["m2"] for group in groups})
    rows, feasible, beyond = [], list[float](), list[float]()
    scales = scales_of(groups)
    for margin in margins:
        fits = math.cos(margin) >= LIMIT
        cells = [f"{margin:g}" if fits else f"{margin:g}, infeasible"]
        for s in scales:
            values = [value for group in where(groups, m2=margin, s=s) for value in group.values(JUDGING).values()]
            (feasible if fits else beyond).extend(values)
            cells.append(f"{100 * np.mean(values):.1f}, worst {100 * min(values):.1f}" if values else "")
        rows.append(cells)
    cosface = where(groups_of(results["scale-or-margin"]), **{LOSS: COSFACE})
    return {
        "arcface_limit": f"{math.acos(LIMIT):.3f}",
        "arcface_feasible": failing(feasible),
        "arcface_beyond": failing(beyond),
        "arcface": table(("m2", *(f"s = {s:g}" for s in scales)), rows),
        "cosface_limit": f"{1 - LIMIT:.3f}",
        "cosface_beyond": failing(accuracies(cosface, fits=False)),
        "cosface_feasible": failing(accuracies(cosface, fits=True)),
    }


def accuracies(groups: list[Group], fits: bool) -> list[float]:
    """Of the CosFace runs whose margin ten classes can satisfy, or cannot."""
    return [
        value for group in groups if (1 - group.settings["m3"] >= LIMIT) == fits
        for value in group.values(JUDGING).values()
    ]  # fmt: skip


def why(results: Mapping[str, Results]) -> dict[str, str]:
    """Of each loss, where runs fail, and how near two class weights are in those that do."""
    last = results["scale-or-margin"].last
    columns = last.columns
    failed = columns[JUDGING] < FAILS
    rows = []
    for loss in dict.fromkeys(columns[LOSS]):
        mine, bad = columns[LOSS] == loss, failed & (columns[LOSS] == loss)
        scales, counts = np.unique(columns[SCALE][bad].astype(float), return_counts=True)
        places = ", ".join(f"{s:g} ({count})" for s, count in zip(scales, counts, strict=True))
        gaps = [f"{np.median(columns['weight_gap'][mask]):.2f}" if mask.any() else "-" for mask in (bad, mine & ~bad)]
        rows.append((str(loss), f"{bad.sum()} of {mine.sum()}", places or "-", *gaps))
    heading = ("loss", "failed", "at s (runs)", "nearest weights of failed runs, degrees", "of the others, degrees")
    return {"failed": table(heading, rows)}
