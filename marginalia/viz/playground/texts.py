"""The English texts of the playground, and their translations."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from marginalia.viz.playground.lessons import Lesson

HERE = Path(__file__).parent
IN_TEMPLATE = re.compile(r"\[\[(.+?)\]\]")
IN_MODULE = re.compile(r'\bwords\(\s*"((?:[^"\\]|\\.)+)"')


def captions(lessons: Sequence[Lesson]) -> list[str]:
    """All texts that can be translated: those of the template, of the modules and of these lessons."""
    found = IN_TEMPLATE.findall((HERE / "template.html").read_text(encoding="utf-8"))
    for module in sorted((HERE / "modules").glob("*.mjs")):
        found += IN_MODULE.findall(module.read_text(encoding="utf-8"))
    found += [text for lesson in lessons for text in lesson.texts()]
    return list(dict.fromkeys(found))


def translated(template: str, translations: Mapping[str, str]) -> str:
    """The template with each [[text]] in its language."""
    return IN_TEMPLATE.sub(lambda mark: html.escape(translations.get(mark[1], mark[1])), template)
