"""Recorders for tools that hide the training loop. Each is imported when it is used for the first time."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from marginalia.core.errors import InputError

if TYPE_CHECKING:
    from marginalia.callbacks.keras import KerasRecorder
    from marginalia.callbacks.lightning import LightningRecorder
    from marginalia.callbacks.metric_learning import MetricLearningRecorder
    from marginalia.callbacks.transformers import TransformersRecorder

PUBLIC = {
    "KerasRecorder": "keras",
    "LightningRecorder": "lightning",
    "MetricLearningRecorder": "metric_learning",
    "TransformersRecorder": "transformers",
}
__all__ = [*PUBLIC]


def __getattr__(name: str) -> Any:
    if name not in PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(importlib.import_module(f"{__name__}.{PUBLIC[name]}"), name)
    except ModuleNotFoundError as error:
        raise InputError(f"{name} needs {error.name}: pip install {error.name}") from None


def __dir__() -> list[str]:
    return [*globals(), *PUBLIC]
