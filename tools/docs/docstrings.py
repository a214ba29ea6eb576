"""An extension of griffe, which reads our docstrings for the reference."""

from __future__ import annotations

import re
from typing import Any

import griffe

NEW_LINE = re.compile(r"(?<=\S)\n(?=(?:[a-z]\w*(?:, [a-z]\w*)*:|Raises |Source:|Returns ) ?)")


class OwnLines(griffe.Extension):
    """In our docstrings a parameter begins a line, such as `theme: …`; it does so in the reference too."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = NEW_LINE.sub("  \n", obj.docstring.value)
