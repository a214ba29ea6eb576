"""A progress bar on stderr, silent where that is no terminal."""

from __future__ import annotations

import sys
from typing import Any

import click


def progress_bar(length: int, label: str = "") -> Any:
    hidden = not sys.stderr.isatty()
    return click.progressbar(
        length=length, label=label, show_pos=True, item_show_func=lambda text: text, file=sys.stderr, hidden=hidden
    )
