"""Guided lessons of the playground: JSON files of a few steps, each a text and a start for the trainings."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from marginalia.core.errors import InputError
from marginalia.core.parsing import nearest, read_json

FOLDER = Path(__file__).parent / "lessons"
ORDER = ("softmax", "normalise", "scale", "margin", "too-much", "open-set")
GROUPS = (
    "loss", "formula", "s", "m1", "m2", "m3", "norms", "speed", "training", "digits", "strangers", "pad",
)  # fmt: skip
LOSS = ("preset", "s", "m1", "m2", "m3", "w-norm", "x-norm", "changes")
SETTINGS = (
    *LOSS, *(f"b-{name}" for name in LOSS), "rate", "batch", "optimizer", "seed", "classes", "strangers", "beside",
    "epoch", "step",
)  # fmt: skip
PRESETS = ("preset", "b-preset")
NUMBERS = ("s", "m1", "m2", "m3", "w-norm", "x-norm", "rate", "batch", "seed", "epoch")
DIGITS = "0123456789"
FEWEST, MOST = 2, 5


@dataclass(frozen=True)
class Lesson:
    """name: of the file. steps: objects with the keys text, start and, where there are some, shows and ask."""

    name: str
    title: str
    steps: list[dict[str, Any]]

    def texts(self) -> Iterator[str]:
        yield self.title
        for step in self.steps:
            yield step["text"]
            if "ask" in step:
                yield step["ask"]["question"]
                yield from step["ask"]["answers"]


def included() -> list[Path]:
    """The lessons that come with Marginalia."""
    return [FOLDER / f"{name}.json" for name in ORDER]


def read_lesson(path: Path, presets: Collection[str]) -> Lesson:
    """Raises InputError, one line that says what is wrong in the file and where."""
    content = read_json(path)
    checked(content, f"{path}: the lesson", {"title": str, "steps": list})
    if not content["steps"]:
        raise InputError(f"{path}: the lesson has no steps")
    steps = content["steps"]
    for number, step in enumerate(steps, 1):
        check_step(step, f"{path}: step {number}", presets, is_last=number == len(steps))
    for number, (step, answer) in enumerate(itertools.pairwise(steps), 2):
        if "ask" in step and "step" not in dict(parse_qsl(answer["start"])):
            raise InputError(
                f"{path}: step {number}: start needs step=…: the answer comes when the training rests there"
            )
    return Lesson(path.stem, content["title"], content["steps"])


def check_step(step: Any, where: str, presets: Collection[str], is_last: bool) -> None:
    checked(step, where, {"text": str, "start": str}, {"shows": list, "ask": dict})
    step["start"] = step["start"].rpartition("#")[2]  # of a whole address too
    check_start(step["start"], f"{where}: start", presets)
    for group in step.get("shows", []):
        if group not in GROUPS:
            raise InputError(f"{where}: shows has no controls {group!r}; {nearest(str(group), GROUPS)}")
    if "ask" in step:
        check_question(step["ask"], f"{where}: ask")
        if is_last:
            raise InputError(f"{where}: the last step cannot ask, since the step after it shows the answer")


def check_start(start: str, where: str, presets: Collection[str]) -> None:
    for name, value in parse_qsl(start, keep_blank_values=True):
        if name not in SETTINGS:
            raise InputError(f"{where} has no setting {name!r}; {nearest(name, SETTINGS)}")
        if name in PRESETS and value not in (*presets, "custom"):
            raise InputError(f"{where} has no preset {value!r}; {nearest(value, presets)}")
        if name.removeprefix("b-") in NUMBERS and not is_number(value):
            raise InputError(f"{where}: {name}={value} must be a number")
        if name == "classes" and len(set(value) & set(DIGITS)) < FEWEST:
            raise InputError(f"{where}: classes={value} must name at least two digits: classes=49")
        if name == "step" and not (value.isdecimal() and int(value) > 0):
            raise InputError(f"{where}: step={value} must be a number of steps: step=1000")


def is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def check_question(ask: dict[str, Any], where: str) -> None:
    checked(ask, where, {"question": str, "answers": list, "right": int})
    answers = ask["answers"]
    if not (FEWEST <= len(answers) <= MOST and all(isinstance(answer, str) for answer in answers)):
        raise InputError(f"{where}: answers must be {FEWEST} to {MOST} texts")
    if not 0 <= ask["right"] < len(answers):
        raise InputError(f"{where}: right must be a number from 0 to {len(answers) - 1}, the place of the right answer")


def checked(content: Any, where: str, needed: dict[str, type], optional: dict[str, type] | None = None) -> None:
    """Raises InputError unless it is an object with these keys and no others."""
    kinds = {str: "a text", list: "a list", int: "a whole number", dict: "an object"}
    known = needed | (optional or {})
    if not isinstance(content, dict):
        raise InputError(f"{where} must be an object with {', '.join(needed)}")
    for name in content:
        if name not in known:
            raise InputError(f"{where} has an unknown key {name!r}; {nearest(name, known)}")
    for name in needed:
        if name not in content:
            raise InputError(f"{where} needs {name}")
    for name, value in content.items():
        if not isinstance(value, known[name]) or isinstance(value, bool):
            raise InputError(f"{where}: {name} must be {kinds[known[name]]}")
        if value == "":
            raise InputError(f"{where}: {name} is empty")
