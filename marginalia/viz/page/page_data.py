"""What the page's script must know besides the packed numbers, computed here once and for all moments: as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from marginalia.record.snapshot import SPLITS, Run, SplitName
from marginalia.viz import badges, geometry, panels, scatter, sectors
from marginalia.viz.frames import legend
from marginalia.viz.labels import short_names
from marginalia.viz.numbers import in_degrees, in_epochs, in_percent
from marginalia.viz.page.pack import histogram, longest, series
from marginalia.viz.page.region_shapes import cells_of, margins_of, sectors_of
from marginalia.viz.page.scale import camera_of, farthest_cell, lobe_scale, page_scale
from marginalia.viz.page.selection import Images, in_words
from marginalia.viz.projection import is_exact
from marginalia.viz.regions import effective
from marginalia.viz.style import FULL_BADGES, MOST_NAMED, THEMES, Style, class_colors, readable_on

BADGE_RADIUS = 0.03
LONGEST_UNBROKEN = 34
NO_BREAK = str.maketrans(" ", "\u00a0")

Chosen = dict[SplitName, np.ndarray]


def shared_data(runs: Sequence[Run]) -> dict[str, Any]:
    """What holds for every run of the page."""
    return {
        "themes": {
            name: asdict(theme) | {"tint": sectors.TINT[name], "inkPixel": pixel(theme.ink)}
            for name, theme in THEMES.items()
        },
        "geometry": {
            "unitRing": geometry.UNIT_RING, "badgeRing": geometry.BADGE_RING, "badgeRadius": BADGE_RADIUS,
            "darkestRing": scatter.DARKEST_RING, "faintRing": scatter.FAINT_RING, "fewRings": scatter.FEW_RINGS,
        },
        "lobes": lobe_scale(),
        "bins": int(panels.WIDEST / panels.BIN) + 1,
        "epochs": epochs_of(runs),
        "epochNames": [in_epochs(epoch) for epoch in epochs_of(runs)],
    }  # fmt: skip


def image_set_data(images: Images, runs: Sequence[Run], chosen: Chosen) -> dict[str, Any]:
    return {"data": images.data} | {
        split: {
            "numbers": images.numbers[split][chosen[split]].tolist(),
            "labels": runs[0].snapshots[0].points(split).labels[chosen[split]].tolist(),
            "shown": in_words(runs, split, chosen[split]),
        }
        for split in SPLITS
    }


def run_data(run: Run, number: int, epochs: Sequence[float], chosen: Chosen, style: Style) -> dict[str, Any]:
    """number: of its set of images. epochs: those of all runs; `rows` has the run's latest snapshot at each of them."""
    colors, run_epochs = class_colors(len(run.class_names), style.palette), epochs_of([run])
    lobed, words = scatter.has_lobes(run, style), legend(run, "train", style)
    return {
        "name": run.name,
        "sectors": sectors_of(run),
        "margins": margins_of(run),
        "cells": cells_of(run, farthest_cell(run, style)),
        "byDistance": run.regions == "cells",
        "circle": style.view_of(run.spec) in ("both", "circle") and not lobed,
        "lobed": lobed,
        "exact": is_exact(run),
        "named": len(run.class_names) <= MOST_NAMED,
        "farthest": geometry.LOBED_REACH if lobed else sectors.BEYOND,
        "knee": geometry.LOBED_REACH if lobed else geometry.UNIT_RING,
        "camera": page_scale(run, style),
        "lengths": {split: lengths(run, split, style) for split in SPLITS},
        "legend": [in_line(words + ringed) for ringed in ([], ["ringed: wrong"])],
        "classes": run.class_names,
        "short": short_names(run.class_names, badges.LONGEST_BADGE),
        "weights": class_directions(run),
        "badges": badge_angles(run),
        "colors": colors,
        "pixels": [pixel(color) for color in colors],
        "onColors": [readable_on(color) for color in colors],
        "set": number,
        "tallest": {split: tallest_bar(run, split) for split in SPLITS},
        "epochs": run_epochs,
        "rows": [max(0, int(np.searchsorted(run_epochs, epoch, side="right")) - 1) for epoch in epochs],
        "readings": {split: readings(run, split) for split in SPLITS},
        "longest": {split: longest(series(run, split, chosen[split])).tolist() for split in SPLITS},
    }  # fmt: skip


def epochs_of(runs: Sequence[Run]) -> list[float]:
    """The epochs of which these runs have snapshots, as they are written: to six digits, whole ones without a point."""
    epochs = sorted({float(f"{snapshot.epoch:.6g}") for run in runs for snapshot in run.snapshots})
    return [int(epoch) if epoch.is_integer() else epoch for epoch in epochs]


def in_line(words: Sequence[str]) -> str:
    """One line that breaks between these words and not within them."""
    return ", ".join(word if len(word) > LONGEST_UNBROKEN else word.translate(NO_BREAK) for word in words)


def pixel(color: str) -> int:
    """'#rrggbb' as the pixels of an ImageData hold it, without opacity: 0xbbggrr."""
    return int.from_bytes(bytes.fromhex(color[1:]), "little")


def class_directions(run: Run) -> list[list[list[float]]]:
    """Angle (radians) and length of each class weight, as the logits have it, in each snapshot.

    The angles go on from snapshot to snapshot the shorter way, so that what is between is between the numbers.
    """
    weights = np.stack([effective(snapshot.class_weights, run.spec) for snapshot in run.snapshots])
    angles = np.unwrap(np.arctan2(weights[..., 1], weights[..., 0]), axis=0)
    return np.stack((angles, np.linalg.norm(weights, axis=2)), axis=2).round(7).tolist()


def badge_angles(run: Run) -> list[list[float]]:
    """Where the badges stand in each snapshot, radians, moved apart as far as the largest of them need."""
    gap = 1.08 * 4 * BADGE_RADIUS / geometry.BADGE_RING * min(1, FULL_BADGES / len(run.class_names))
    directions = [np.arctan2(s.class_weights[:, 1], s.class_weights[:, 0]) for s in run.snapshots]
    places = np.stack([geometry.spread(angles, gap) for angles in directions])
    return np.unwrap(places, axis=0).round(4).tolist()


def readings(run: Run, split: SplitName) -> list[dict[str, str]]:
    """What was measured of all points of each snapshot, as metrics.csv has it, in words."""
    written = []
    for snapshot in run.snapshots:
        gap, accuracy = snapshot.metric("centre_gap"), snapshot.metric(f"{split}_accuracy")
        mean = in_degrees(snapshot.metric(f"{split}_angle"))
        written.append({"accuracy": "" if np.isnan(accuracy) else in_percent(accuracy),
                        "gap": "" if np.isnan(gap) else in_degrees(gap), "mean": mean})  # fmt: skip
    return written


def lengths(run: Run, split: SplitName, style: Style) -> list[str]:
    """How long the features in each snapshot are, in the words of the pictures."""
    camera = camera_of(run, style)
    if not is_exact(run):
        return [""] * len(run.snapshots)
    return [in_line(camera.in_words(snapshot, split).split(", ")) for snapshot in run.snapshots]


def tallest_bar(run: Run, split: SplitName) -> float:
    """How many points the chart of angles has room for: the tallest bar after the first snapshot, but the last bar."""
    bars = histogram(run, split).sum(axis=1)[min(1, len(run.snapshots) - 1) :, :-1]
    return 1.02 * max(1, int(bars.max()))
