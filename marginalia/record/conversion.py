"""Arrays of other libraries as NumPy's."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from marginalia.core.errors import InputError

RESERVED, LARGEST = ("epoch", "step"), 1e300


def as_floats(name: str, values: Any) -> np.ndarray:
    """float32; integers and other formats are converted. Raises InputError if they are no numbers."""
    array = as_array(name, values)
    if array.dtype.kind not in "fiub" and str(array.dtype) != "bfloat16":
        raise InputError(f"{name} must be numbers, not {array.dtype}")
    return array.astype(np.float32)


def as_integers(name: str, values: Any) -> np.ndarray:
    """int64. Raises InputError if they are no whole numbers."""
    array = as_array(name, values)
    if array.dtype.kind not in "iu":
        hint = "; names go into class_names" if array.dtype.kind in "US" else ""
        raise InputError(f"{name} must be whole numbers, not {array.dtype}{hint}")
    return array.astype(np.int64)


def as_metrics(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Numbers by name. Raises InputError for what is no number, or would take the place of epoch or step."""
    for name in metrics:
        if name in RESERVED:
            raise InputError(f"metric {name}: this name is taken; give {name}=… instead")
    return {name: as_number(name, value) for name, value in metrics.items()}


def as_number(name: str, value: Any) -> float:
    """A single number of any library. Raises InputError if it is none."""
    try:
        number = float(value.item() if hasattr(value, "item") else value)
        if math.isfinite(number) and abs(number) >= LARGEST:
            raise ValueError
        return number
    except Exception:  # each library complains in its own way
        raise InputError(f"metric {name} must be a number, not {type(value).__name__}") from None


def as_array(name: str, values: Any) -> np.ndarray:
    try:
        return np.asarray(values)
    except Exception as error:  # each library complains in its own way, such as torch of gradients and devices
        raise InputError(f"{name} cannot be read as a NumPy array ({error})") from None
