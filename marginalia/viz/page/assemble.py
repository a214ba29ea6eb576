"""One HTML file from the template, the style and the script beside this file, and the packed numbers of the runs."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from marginalia.core.errors import InputError
from marginalia.core.files import write_whole
from marginalia.record.snapshot import SPLITS, Run, SplitName
from marginalia.viz.drawable import require_drawable
from marginalia.viz.frames import numbers
from marginalia.viz.labels import short_names
from marginalia.viz.page.pack import digit_bytes, run_bytes, text
from marginalia.viz.page.page_data import NO_BREAK, image_set_data, run_data, shared_data
from marginalia.viz.page.page_run import PageRun, page_run
from marginalia.viz.page.script import script
from marginalia.viz.page.selection import MOST, Images, selected
from marginalia.viz.style import THEMES, Style, class_colors, readable_on

HERE = Path(__file__).parent
UNSAFE = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}
MOST_ROWS = 4
LONGEST_CHIP = 30


def write_page(path: Path, runs: Sequence[Run], images: Sequence[Images], style: Style) -> None:
    """The page of these runs of `main.py` at `path`. Raises InputError for a run in three dimensions."""
    for run in runs:
        for split in SPLITS:
            require_drawable(run, split)
        if run.dimension != 2:
            raise InputError(f"{run.name} has three dimensions; a page shows runs of --visual_dimension 2")
    content = page_bytes([page_run(run) for run in runs], images, style)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)


def page_bytes(pages: Sequence[PageRun], images: Sequence[Images], style: Style) -> bytes:
    """The page of these 2-D runs, each with the images of its points; the same for the same runs.

    Runs that show the same images share their digits and are linked.
    """
    runs = [page.run for page in pages]
    sets: dict[str, list[Run]] = {}
    album = {part.key: part for part in images}
    for run, part in zip(runs, images, strict=True):
        sets.setdefault(part.key, []).append(run)
    chosen = {key: chosen_of(members) for key, members in sets.items()}
    data = shared_data(runs) | {"splitNames": pages[0].names, "pictures": any(map(has_pictures, images))}
    data["sets"] = [image_set_data(album[key], sets[key], chosen[key]) for key in sets]
    if not data["pictures"]:
        for row in data["sets"]:
            for split in SPLITS:
                row[split]["shown"] = row[split]["shown"].replace(" images", " points")
    data["runs"] = [
        run_data(page.run, list(sets).index(part.key), data["epochs"], chosen[part.key], style)
        | {"predicts": page.predicts}
        for page, part in zip(pages, images, strict=True)
    ]
    packed = {f"set-{n}": set_bytes(album[key], chosen[key]) for n, key in enumerate(sets)}
    packed |= {
        f"run-{n}": run_bytes(run, chosen[part.key]) for n, (run, part) in enumerate(zip(runs, images, strict=True))
    }
    blocks = [f'<script type="text/plain" id="{name}">{text(content)}</script>' for name, content in packed.items()]
    places = {"page_data": in_script(data), "packed": "\n".join(blocks)} | texts(runs, style)
    places |= {split: html.escape(name) for split, name in pages[0].names.items()}
    places["what"] = "image" if data["pictures"] else "point"
    places["one_split"] = "" if pages[0].names["train"] else "hidden"
    return filled("template.html", places).encode()


def has_pictures(images: Images) -> bool:
    return any(pixels.any() for pixels in images.pixels.values())


def chosen_of(runs: Sequence[Run]) -> dict[SplitName, np.ndarray]:
    return {split: selected([run.snapshots[-1].points(split) for run in runs], MOST[split]) for split in SPLITS}


def set_bytes(images: Images, chosen: dict[SplitName, np.ndarray]) -> bytes:
    return b"".join(digit_bytes(images.pixels[split][chosen[split]]) for split in SPLITS)


def texts(runs: Sequence[Run], style: Style) -> dict[str, str]:
    """The values of the template's placeholders, apart from the data."""
    note = on_lengths(runs)
    panes = [{"name": run.name, "numbers": numbers(run).replace(" = ", " = ".translate(NO_BREAK))} for run in runs]
    return {
        "title": html.escape(", ".join(run.name for run in runs)),
        "style": theme_rules() + (HERE / "style.css").read_text(encoding="utf-8"),
        "script": script(),
        "panes": "".join(filled("pane.html", {key: html.escape(part) for key, part in pane.items()}) for pane in panes),
        "classes": chips(max((run.class_names for run in runs), key=len), style),
        "card": f"{10 + 2 * min(len(runs), MOST_ROWS) + (4 if note else 0)}",
        "lengths": html.escape(note),
    }


def on_lengths(runs: Sequence[Run]) -> str:
    """Why the nearest class by angle need not be the prediction; nothing if it always is."""
    names = [run.name for run in runs if run.regions == "sectors" and not run.spec.w_norm]
    if not names:
        return ""
    which = "" if len(names) == len(runs) else f" of {', '.join(names)}"
    return f"The class weights{which} differ in length, and a longer one wins at a wider angle."


def chips(names: Sequence[str], style: Style) -> str:
    """A button a class."""
    button = '<button type="button" value="{}" title="{}" style="--own: {}; --on-own: {}">{}</button>'
    colors = class_colors(len(names), style.palette)
    return "".join(
        button.format(label, html.escape(name), color, readable_on(color), html.escape(short))
        for label, (name, short, color) in enumerate(zip(names, short_names(names, LONGEST_CHIP), colors, strict=True))
    )


def filled(file: str, places: Mapping[str, str], folder: Path = HERE) -> str:
    """The file of this folder with everything in its {{place}}."""
    return with_places((folder / file).read_text(encoding="utf-8"), places)


def with_places(template: str, places: Mapping[str, str]) -> str:
    before, *rest = template.split("{{")
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
