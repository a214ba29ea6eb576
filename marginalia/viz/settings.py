"""The settings that all pictures are made under: matplotlib's defaults, whatever the user's matplotlibrc says."""

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

    That a font has no bold face is not worth a warning.
    """
    level = FONTS_LOG.level
    FONTS_LOG.setLevel(logging.ERROR)
    try:
        with rc_context({key: value for key, value in WANTED.items() if rcParams[key] != value}):
            yield
    finally:
        FONTS_LOG.setLevel(level)
