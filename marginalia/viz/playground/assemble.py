"""The playground as one HTML file: digits, presets and modules in their places of the template."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from marginalia.core.margin import MarginSpec
from marginalia.viz.page.assemble import filled, in_script, theme_rules
from marginalia.viz.page.pack import text
from marginalia.viz.page.scale import lobe_scale
from marginalia.viz.page.script import script
from marginalia.viz.style import THEMES, class_colors

HERE = Path(__file__).parent
MODULES = HERE / "modules"
CLASSES = 10
OPTION = '<option value="{0}"{1}>{0}</option>'
BOX = '<label style="--own: {1}"><input type="checkbox" value="{0}" checked>{0}</label>'


def playground_bytes(
    train: tuple[np.ndarray, np.ndarray], held_out: tuple[np.ndarray, np.ndarray], presets: Mapping[str, MarginSpec],
    first: str,
) -> bytes:  # fmt: skip
    """The file; the same digits give the same bytes.

    train, held_out: images uint8 (N, 28, 28) and labels (N,), 2,000 held-out ones. first: the preset that it begins
    with.
    """
    pixels, labels = (np.concatenate(parts).astype(np.uint8) for parts in zip(train, held_out, strict=True))
    data: dict[str, Any] = {
        "presets": {name: in_javascript(spec) for name, spec in presets.items()},
        "colors": class_colors(CLASSES),
        "lobes": lobe_scale(),
        "themes": {name: vars(theme) for name, theme in THEMES.items()},
    }
    places = {
        "style": theme_rules() + (HERE / "style.css").read_text(encoding="utf-8"),
        "digits": f"{len(train[0]):,}",
        "presets": "".join(OPTION.format(name, " selected" if name == first else "") for name in presets),
        "classes": "".join(BOX.format(*row) for row in enumerate(class_colors(CLASSES))),
        "page_data": in_script(data),
        "pixels": text(pixels.tobytes()),
        "labels": text(labels.tobytes()),
        "worker": script(MODULES, "worker.mjs"),
        "script": script(MODULES, "main.mjs"),
    }
    return filled("template.html", places, HERE).encode()


def in_javascript(spec: MarginSpec) -> dict[str, Any]:
    names = {"w_norm": "wNorm", "x_norm": "xNorm"}
    return json.loads(json.dumps({names.get(name, name): value for name, value in vars(spec).items()}))
