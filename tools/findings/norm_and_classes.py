"""What normalising does, what becomes of the norm, and classes never seen."""

from __future__ import annotations

from collections.abc import Mapping

from marginalia.sweeps.groups import JUDGING, LOSS, SCALE, groups_of
from marginalia.sweeps.results import Results
from tools.findings.groups import PLAIN, against, best_at, better_and_worse, scales_of, where
from tools.findings.words import listed, percent, points, table

AUC = "held_out_auc"
USUAL_SCALE = 16


def normalising(results: Mapping[str, Results]) -> dict[str, str]:
    groups = groups_of(results["scale-or-margin"])
    scales = scales_of(groups)
    steps = ({LOSS: "softmax"}, {LOSS: "A-softmax_v1", "m1": 1}, {LOSS: PLAIN})
    columns = [[best_at(groups, s=s, **step) for s in scales] for step in steps]
    neither, weights, both = columns
    pairs = [pair for a, b in ((neither, weights), (weights, both), (neither, both)) for pair in zip(a, b, strict=True)]
    found = against(pairs)
    changes = {
        name: found[at * len(scales) :][: len(scales)] for at, name in enumerate(("weights", "features", "both"))
    }
    rows = [
        (f"{s:g}", *(percent(column[number].interval(JUDGING)) for column in columns),
         *(points(of_step[number]) for of_step in changes.values()))
        for number, s in enumerate(scales)
    ]  # fmt: skip
    places = {"normalised_pairs": str(len(pairs))}
    for name, of_step in changes.items():
        for word, told in zip(("better", "worse"), better_and_worse(of_step), strict=True):
            places[f"normalised_{name}_{word}"] = listed([f"{scales[of_step.index(one)]:g}" for one in told])
    heading = ("s", "neither, %", "weights, %", "both, %", "weights - neither, points", "both - weights, points",
               "both - neither, points")  # fmt: skip
    return places | {"normalised": table(heading, rows)}


def norm(results: Mapping[str, Results]) -> dict[str, str]:
    groups = groups_of(results["norm"])
    (usual,) = where(groups, basemodel="tiny", weight_decay=0.0005)
    others = [group for group in groups if group is not usual]
    changes = {one.first: one for one in against([(usual, group) for group in others])}
    slower = {one.first: one for one in against([(usual, group) for group in others], "train_angle")}
    rows = []
    for group in groups:
        capped = "capped" in group.settings["basemodel"]
        name = "length 10 at most" if capped else f"weight decay {group.settings['weight_decay']:g}"
        lengths = [group.interval("norm_mean", epoch).mean for epoch in group.epochs]
        cells = ["-", "-"]
        if group is not usual:
            turn = slower[group.name].interval
            cells = [f"{turn.mean:+.2f} ({turn.low:+.2f} to {turn.high:+.2f})", points(changes[group.name])]
        angle = f"{group.interval('train_angle').mean:.2f}"
        rows.append((name, *(f"{length:.3g}" for length in lengths), angle, cells[0], cells[1]))
    epochs = (f"epoch {epoch:g}" for epoch in usual.epochs)
    heading = ("held by", *epochs, "angle, degrees", "change, degrees", "change of test accuracy, points")
    told = [one for one in changes.values() if one.is_seen]
    return {"norm": table(heading, rows), "norm_changes": listed([one.first for one in told])}


def never_seen(results: Mapping[str, Results]) -> dict[str, str]:
    groups = groups_of(results["open-set"])
    bases = {group.settings[SCALE]: group for group in where(groups, **{LOSS: PLAIN})}
    others = [group for group in groups if group.settings[LOSS] != PLAIN]
    pairs = [(bases[group.settings.get(SCALE, USUAL_SCALE)], group) for group in others]
    changes = {one.first: one for one in against(pairs, AUC)}
    rows = []
    for group in groups:
        change = points(changes[group.name]) if group.name in changes else "-"
        cells = [percent(group.interval(name)) for name in (AUC, "held_out_eer", "open_auc", JUDGING)]
        rows.append((group.name, *cells, change))
    better, worse = better_and_worse(list(changes.values()))
    heading = ("loss", "AUC, %", "EER, %", "AUC against trained classes, %", "test accuracy, %", "AUC, points")
    return {
        "open_set": table(heading, rows),
        "open_set_better": listed([one.first for one in better]),
        "open_set_worse": listed([one.first for one in worse]),
    }
