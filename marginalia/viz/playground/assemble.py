"""The playground as one HTML file: digits, presets, lessons and modules in their places of the template."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from marginalia.core.margin import MarginSpec
from marginalia.record.snapshot import Run
from marginalia.viz.page.assemble import in_script, theme_rules, with_places
from marginalia.viz.page.pack import text
from marginalia.viz.page.scale import lobe_scale
from marginalia.viz.page.script import script
from marginalia.viz.playground import recorded
from marginalia.viz.playground.lessons import Lesson
from marginalia.viz.playground.texts import translated
from marginalia.viz.style import THEMES, class_colors, readable_on

HERE = Path(__file__).parent
MODULES = HERE / "modules"
VENDOR = HERE / "vendor"
CLASSES = 10
OPTION = '<option value="{0}"{1}>{2}</option>'
BOX = '<label style="--own: {1}"><input autocomplete="off" type="checkbox" value="{0}" checked>{0}</label>'
RECORD = '<script type="text/plain" id="record-{}">{}</script>'
Digits = tuple[np.ndarray, np.ndarray]


def playground_bytes(
    train: Digits, held_out: Digits, presets: Mapping[str, MarginSpec], first: str, lessons: Sequence[Lesson],
    records: Sequence[Run] = (), translations: Mapping[str, str] | None = None, language: str = "en",
) -> bytes:  # fmt: skip
    """The file; the same digits give the same bytes.

    train, held_out: images uint8 (N, 28, 28) and labels (N,), 2,000 held-out ones. first: the preset that it begins
    with. records: of presets, in two dimensions. translations: of the texts, see `texts.captions`; what is missing
    stays English.
    """
    translations = translations or {}
    pixels, labels = (np.concatenate(parts).astype(np.uint8) for parts in zip(train, held_out, strict=True))
    data: dict[str, Any] = {
        "presets": {name: in_javascript(spec) for name, spec in presets.items()},
        "colors": class_colors(CLASSES),
        "onColors": [readable_on(color) for color in class_colors(CLASSES)],
        "lobes": lobe_scale(),
        "themes": {name: vars(theme) for name, theme in THEMES.items()},
        "words": dict(translations),
        "records": {run.name: recorded.header(run) for run in records},
        "lessons": {lesson.name: {"title": lesson.title, "steps": lesson.steps} for lesson in lessons},
    }
    options = [OPTION.format(name, " selected" if key == first else "", name) for key, name in escaped(presets)]
    titles = [translations.get(lesson.title, lesson.title) for lesson in lessons]
    places = {
        "language": language,
        "style": theme_rules() + (HERE / "style.css").read_text(encoding="utf-8"),
        "lessons": "".join(
            OPTION.format(html.escape(lesson.name), "", html.escape(title))
            for lesson, title in zip(lessons, titles, strict=True)
        ),
        "presets": "".join(options),
        "classes": "".join(BOX.format(*row) for row in enumerate(class_colors(CLASSES))),
        "page_data": in_script(data),
        "pixels": text(pixels.tobytes()),
        "labels": text(labels.tobytes()),
        "records": "\n".join(RECORD.format(run.name, text(recorded.block(run))) for run in records),
        "gif_library": gif_library(),
        "worker": script(MODULES, "worker.mjs"),
        "script": script(MODULES, "main.mjs"),
    }
    template = (HERE / "template.html").read_text(encoding="utf-8")
    return with_places(translated(template, translations), places).encode()


def escaped(names: Iterable[str]) -> list[tuple[str, str]]:
    return [(name, html.escape(name)) for name in names]


def gif_library() -> str:
    """modern-gif with its licence, which goes where the code goes."""
    licence = (VENDOR / "modern-gif.LICENSE").read_text(encoding="utf-8")
    return f"/* modern-gif\n{licence}*/\n" + (VENDOR / "modern-gif.js").read_text(encoding="utf-8")


def in_javascript(spec: MarginSpec) -> dict[str, Any]:
    names = {"w_norm": "wNorm", "x_norm": "xNorm"}
    return json.loads(json.dumps({names.get(name, name): value for name, value in vars(spec).items()}))
