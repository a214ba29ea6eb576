"""The captions of frames, in English or translated."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marginalia.core.errors import InputError
from marginalia.core.parsing import nearest, read_json
from marginalia.viz.labels import with_boxes

CAPTIONS = (
    "test", "train", "epoch {}", "{} accuracy {}", "{} accuracy", "{} images", "{} wrong of {}",
    "ringed: {} wrong of {}", "|x| up to {}", "|x| up to {}, {} beyond", "hatched: margin",
    "lobes: % of a class per degree",
    "arrows: pull on class {}", "crosses: not trained", "outlines: not trained", "gaps: margin",
    "circle: x / |x|", "sphere: x / |x|", "ringed: wrong",
    "ringed: {} right on the left, wrong on the right", "own scales", "own scales, turned alike",
    "mean: angle to own class", "mean {}", "mirrored", "margin kept by {}", "angle to own class", "features",
    "directions", "own class  {}", "others  {}",
    "{} points", "decision", "margin", "angle to the weight of its class", "angle to the nearest other weight",
    "angle to the mean of its class", "angle to the nearest other mean", "logit of its class",
    "largest logit of another class",
)  # fmt: skip


@dataclass(frozen=True)
class Words:
    """Called with a caption and its values: the text that is drawn. table: captions and their translations."""

    table: tuple[tuple[str, str], ...] = ()

    def __call__(self, caption: str, *values: Any) -> str:
        if caption not in CAPTIONS:
            raise KeyError(caption)
        return dict(self.table).get(caption, caption).format(*values)


ENGLISH = Words()


def read_words(path: Path) -> Words:
    """The translations in a JSON file; what it leaves out stays English, and signs without a font become boxes."""
    table = read_translations(path, CAPTIONS)
    return Words(tuple((caption, with_boxes(text).replace("$", r"\$")) for caption, text in table.items()))


def read_translations(path: Path, captions: Collection[str]) -> dict[str, str]:
    """A JSON file of captions and their translations.

    Raises InputError naming the file if it is no such file, and the caption if it is none of ours or loses a value.
    """
    table = read_json(path)
    if not isinstance(table, dict) or not all(isinstance(text, str) for text in table.values()):
        raise InputError(f"{path} must be a JSON object of captions and their translations")
    for caption, text in table.items():
        if caption not in captions:
            raise InputError(f"{path}: no caption {caption!r}; {nearest(caption, captions)}")
        rest = text.replace("{}", "")
        if text.count("{}") != caption.count("{}") or "{" in rest or "}" in rest:
            raise InputError(f"{path}: {caption!r} needs {caption.count('{}')} {{}} in its translation {text!r}")
    return table
