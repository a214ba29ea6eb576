"""m = 1 to 4 of a margin that multiplies the angle and comes in slowly."""

from __future__ import annotations

from typing import Any

MARGINS = (1, 2, 3, 4)
LAMBDA = 100
GRIDS: list[dict[str, list[Any]]] = [{"m1": [1]}, {"m1": [2, 3, 4], "lambda_start": [LAMBDA]}]
SAID = f"The margin comes in slowly: lambda begins at {LAMBDA}."
