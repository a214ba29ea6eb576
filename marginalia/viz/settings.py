"""All pictures use matplotlib's default settings, and not those of the user's matplotlibrc."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

from matplotlib import rc_context, rcParams, rcParamsDefault

NO_LOOK = ("backend", "backend_fallback", "interactive")
WANTED: dict[Any, Any] = {key: value for key, value in rcParamsDefault.items() if key not in NO_LOOK}
WANTED["svg.hashsalt"] = "marginalia"
FONTS_LOG = logging.getLogger("matplotlib.font_manager")


@contextlib.contextmanager
def our_settings() -> Iterator[None]:
    """Inside, text, lines and files are as on any other machine; the user's own settings come back after it.

    Warnings about fonts without a bold face are hidden.
    """
    level = FONTS_LOG.level
    FONTS_LOG.setLevel(logging.ERROR)
    try:
        with rc_context({key: value for key, value in WANTED.items() if rcParams[key] != value}):
            yield
    finally:
        FONTS_LOG.setLevel(level)
