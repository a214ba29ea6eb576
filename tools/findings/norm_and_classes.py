"""What normalising does, what becomes of the norm, classes never seen, and the eleven presets."""

from __future__ import annotations

from collections.abc import Mapping

from marginalia.sweeps.groups import JUDGING, LOSS, SCALE, groups_of
from marginalia.sweeps.results import Results
from marginalia.sweeps.statistics import differences
from tools.findings.groups import PLAIN, against, best_at, better_and_worse, scales_of, where
from tools.findings.words import listed, percent, points, table

AUC = "held_out_auc"
USUAL_SCALE = 16


def normalising(results: Mapping[str, Results]) -> dict[str, str]:
    groups = groups_of(results["scale-or-margin"])
    scales = scales_of(groups)
    pairs = [(best_at(groups, lossname="softmax", s=s), best_at(groups, lossname=PLAIN, s=s)) for s in scales]
    found = against(pairs)
    rows = [
        (f"{s:g}", percent(free.interval(JUDGING)), percent(bound.interval(JUDGING)), points(one))
        for s, (free, bound), one in zip(scales, pairs, found, strict=True)
    ]
    better, worse = better_and_worse(found)
    return {
        "normalised": table(("s", "softmax, %", "norm-softmax, %", "norm-softmax - softmax, points"), rows),
        "normalised_better": listed([f"{scales[found.index(one)]:g}" for one in better]),
        "normalised_worse": listed([f"{scales[found.index(one)]:g}" for one in worse]),
    }


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


def presets(results: Mapping[str, Results]) -> dict[str, str]:
    groups = {str(group.settings[LOSS]): group for group in groups_of(results["presets"])}
    found = differences({name: group.values(JUDGING) for name, group in groups.items()})
    rows = [
        (name, percent(group.interval("validation_accuracy")), percent(group.interval(JUDGING)),
         f"{group.interval('test_angle').mean:.1f}", f"{group.interval('nc1').mean:.3f}")
        for name, group in groups.items()
    ]  # fmt: skip
    seen = [one for one in found if one.is_seen]
    pairs = table(("first", "second", "first - second, points"), [(one.first, one.second, points(one)) for one in seen])
    return {
        "presets": table(("preset", "validation, %", "test, %", "angle to own weight, degrees", "NC1"), rows),
        "presets_pairs": str(len(found)),
        "presets_seen": str(len(seen)),
        "presets_differences": pairs if seen else "",
    }
