"""What the callbacks have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """The metrics that are single numbers."""
    return {name: float(value) for name, value in metrics.items() if np.ndim(value) == 0 and not isinstance(value, str)}
