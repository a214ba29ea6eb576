"""The eleven presets after the half epoch of --quick, and four of them after 20 epochs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from marginalia.sweeps.groups import CHOOSING, JUDGING, LOSS, groups_of
from marginalia.sweeps.results import Results
from marginalia.sweeps.statistics import Values, differences, interval
from tools.findings.words import listed, percent, points, table

REPORTED = Path(__file__).parents[2] / "docs" / "results.json"
FURTHER, OF_LOSS = "twenty-epochs", "ArcFace_v3"


def presets(results: Mapping[str, Results]) -> dict[str, str]:
    groups = {str(group.settings[LOSS]): group for group in groups_of(results["presets"])}
    judged = {name: group.values(JUDGING) for name, group in groups.items()}
    found = differences(judged)
    seen = [one for one in found if one.is_seen]
    rows = []
    for name, group in groups.items():
        worst = min(judged[name], key=judged[name].__getitem__)
        of_worst = (f"{100 * judged[name][worst]:.2f}", f"{group.values('weight_gap')[worst]:.2g}")
        rows.append((name, percent(group.interval(CHOOSING)), percent(group.interval(JUDGING)), *of_worst))
    pairs = [(one.first, one.second, points(one)) for one in seen]
    on_validation = differences({name: group.values(CHOOSING) for name, group in groups.items()})
    again = [one for one, other in zip(found, on_validation, strict=True) if one.is_seen and other.is_seen]
    named = {name for one in seen for name in (one.first, one.second)}
    return {
        "presets": table(("preset", "validation, %", "test, %", "worst seed, %", "least angle, degrees"), rows),
        "presets_pairs": str(len(found)),
        "presets_seen": str(len(seen)),
        "presets_in_no_pair": listed([name for name in groups if name not in named]),
        "presets_on_validation": str(len(again)),
        "presets_differences": table(("first", "second", "first - second, points"), pairs) if seen else "",
    }


def after_twenty_epochs(results: Mapping[str, Results]) -> dict[str, str]:
    """Those with several seeds in docs/results.json, and the further seeds of one."""
    found = {name: dict(values) for name, values in reported().items()}
    (group,) = groups_of(results[FURTHER])
    found[OF_LOSS] |= group.values(JUDGING)
    several = {name: values for name, values in found.items() if len(values) > 1}
    rows = []
    for name, values in several.items():
        over_seeds = interval(list(values.values()))
        reach = f"{100 * over_seeds.low:.2f} to {100 * over_seeds.high:.2f}"
        rows.append((name, percent(over_seeds), reach, str(over_seeds.n)))
    pairs = differences(several)
    told = [f"{one.first} - {one.second}, {points(one)} points" for one in pairs if one.is_seen]
    return {
        "twenty_epochs": table(("preset", "test, %", "95 % interval", "seeds"), rows),
        "twenty_epochs_seen": f"{len(told)} of {len(pairs)} pairs" + (f": {'; '.join(told)}" if told else ""),
    }


def reported() -> dict[str, Values]:
    """The test accuracies of docs/results.json by preset and seed, of the trainings of LeNet++ over 20 epochs."""
    trials = json.loads(REPORTED.read_text(encoding="utf-8"))
    return {
        trial["lossname"]: dict(zip(trial["seeds"], trial["metrics"][JUDGING], strict=True))
        for trial in trials
        if trial["part"] == "presets"
    }
