"""One HTML file from the template, the style and the script beside this file, and the packed numbers of the runs."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from training.snapshot import SPLITS, Run, SplitName
from viz import geometry, panels, sectors
from viz.frames import legend, numbers
from viz.page.choice import MOST, Images, choice, in_words
from viz.page.pack import digit_bytes, histogram, longest, run_bytes, series, text
from viz.style import FULL_BADGES, THEMES, Style, class_colors, readable_on

BADGE_RADIUS = 0.03
HERE = Path(__file__).parent
SCRIPTS = (
    "unpack.js", "geometry.js", "paint.js", "sectors.js", "focus.js", "histogram.js", "pane.js",
    "inspector.js", "errors.js", "time.js", "link.js", "controls.js", "app.js",
)  # fmt: skip
UNSAFE = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def page_bytes(runs: Sequence[Run], images: Sequence[Images], style: Style) -> bytes:
    """The page of these 2-D runs, each with the images of its points; the same for the same runs.

    Runs that show the same images share their digits and are linked.
    """
    sets: dict[str, list[Run]] = {}
    album = {part.key: part for part in images}
    for run, part in zip(runs, images, strict=True):
        sets.setdefault(part.key, []).append(run)
    chosen = {key: chosen_of(members) for key, members in sets.items()}
    about = {
        "palette": style.palette,
        "themes": {name: asdict(theme) | {"tint": sectors.TINT[name]} for name, theme in THEMES.items()},
        "geometry": {"unitRing": geometry.UNIT_RING, "badgeRing": geometry.BADGE_RING, "beyond": sectors.BEYOND},
        "histogram": {"widest": panels.WIDEST, "bin": panels.BIN},
        "sets": [about_set(album[key], sets[key], chosen[key]) for key in sets],
        "runs": [about_run(run, list(sets).index(part.key), chosen[part.key], style)
                 for run, part in zip(runs, images, strict=True)],
    }  # fmt: skip
    packed = {f"set-{n}": set_bytes(album[key], chosen[key]) for n, key in enumerate(sets)}
    packed |= {
        f"run-{n}": run_bytes(run, chosen[part.key]) for n, (run, part) in enumerate(zip(runs, images, strict=True))
    }
    return filled(", ".join(run.name for run in runs), about, packed).encode()


def chosen_of(runs: Sequence[Run]) -> dict[SplitName, np.ndarray]:
    return {split: choice([run.snapshots[-1].points(split) for run in runs], MOST[split]) for split in SPLITS}


def about_set(images: Images, runs: Sequence[Run], chosen: dict[SplitName, np.ndarray]) -> dict[str, Any]:
    return {"data": images.data} | {
        split: {
            "numbers": images.numbers[split][chosen[split]].tolist(),
            "labels": runs[0].snapshots[0].points(split).labels[chosen[split]].tolist(),
            "shown": in_words(runs, split, chosen[split]),
        }
        for split in SPLITS
    }


def set_bytes(images: Images, chosen: dict[SplitName, np.ndarray]) -> bytes:
    return b"".join(digit_bytes(images.pixels[split][chosen[split]]) for split in SPLITS)


def about_run(run: Run, number: int, chosen: dict[SplitName, np.ndarray], style: Style) -> dict[str, Any]:
    """What the script must know of a run besides its packed numbers. number: of its set of images."""
    colors = class_colors(len(run.class_names), style.palette)
    return {
        "name": run.name,
        "numbers": numbers(run),
        "spec": asdict(run.spec) | {"hasMargin": run.spec.has_margin and run.regions == "sectors"},
        "cells": run.regions == "cells",
        "sectors": run.regions == "sectors",
        "rim": style.view_of(run.spec) in ("both", "circle"),
        "legend": [*legend(run, "train", style), "ringed: wrong"],
        "classes": run.class_names,
        "badges": {"radius": BADGE_RADIUS, "angles": badge_angles(run)},
        "colors": colors,
        "onColors": [readable_on(color) for color in colors],
        "reach": geometry.half_height(run),
        "set": number,
        "tallest": {split: tallest_bar(run, split) for split in SPLITS},
        "epochs": [snapshot.epoch for snapshot in run.snapshots],
        "metrics": [{key: finite(value) for key, value in s.metrics.items()} for s in run.snapshots],
        "longest": {split: longest(series(run, split, chosen[split])).tolist() for split in SPLITS},
    }


def badge_angles(run: Run) -> list[list[float]]:
    """Where the badges stand in each snapshot, radians, moved apart as far as the largest of them need."""
    gap = 1.08 * 4 * BADGE_RADIUS / geometry.BADGE_RING * min(1, FULL_BADGES / len(run.class_names))
    directions = [np.arctan2(s.class_weights[:, 1], s.class_weights[:, 0]) for s in run.snapshots]
    return [geometry.spread(angles, gap).round(4).tolist() for angles in directions]


def tallest_bar(run: Run, split: SplitName) -> float:
    """How many points the chart of angles has room for: the tallest bar after the first snapshot, but the last bar."""
    bars = histogram(run, split).sum(axis=1)[min(1, len(run.snapshots) - 1) :, :-1]
    return 1.02 * max(1, int(bars.max()))


def finite(value: float) -> float | None:
    """JSON has no NaN."""
    return value if math.isfinite(value) else None


def filled(title: str, about: dict[str, Any], packed: dict[str, bytes]) -> str:
    """The template with everything in its place."""
    blocks = [f'<script type="text/plain" id="{name}">{text(content)}</script>' for name, content in packed.items()]
    places = {
        "title": html.escape(title),
        "style": theme_rules() + (HERE / "style.css").read_text(encoding="utf-8"),
        "about": in_script(about),
        "packed": "\n".join(blocks),
        "script": "\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS),
    }
    before, *rest = (HERE / "template.html").read_text(encoding="utf-8").split("{{")
    pieces = [before]
    for part in rest:
        name, _, after = part.partition("}}")
        pieces += [places[name], after]
    return "".join(pieces)


def theme_rules() -> str:
    """The colours of the pictures as CSS variables, after the reader's system."""
    light, dark = (
        f":root {{ --background: {theme.background}; --ink: {theme.ink}; --muted: {theme.muted}; }}"
        for theme in (THEMES["light"], THEMES["dark"])
    )
    return f"{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}\n"


def in_script(content: Any) -> str:
    """JSON that can stand in a script element: no '<' in it closes the element, no line separator breaks it."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).translate(UNSAFE)
