"""The loss times a large number, so that gradients in float16 do not vanish.

torch's GradScaler sees the gradients of one process. Here a process has class weights of its own, and all must leave
the same steps out; so this one is told whether the norm of the whole gradient is finite.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

FIRST = 2.0**16
PATIENCE = 2000


class LossScale:
    """value: what the loss is multiplied by: half after a step that overflowed, twice after 2,000 that did not.

    Source: Micikevicius et al., Mixed Precision Training (1710.03740), section 3.2; the numbers are GradScaler's.
    """

    def __init__(self, value: float = FIRST, kept: int = 0):
        self.value, self.kept = value, kept

    def take_out(self, gradients: Sequence[Tensor]) -> None:
        """Divides the gradients by it, in place."""
        if gradients:
            torch._foreach_div_(list(gradients), self.value)

    def keeps(self, finite: bool) -> bool:
        """Whether the step is taken; what the next ones are multiplied by follows from that."""
        if not finite:
            self.value, self.kept = self.value / 2, 0
            return False
        self.kept += 1
        if self.kept == PATIENCE:
            self.value, self.kept = self.value * 2, 0
        return True

    def state(self) -> dict[str, float]:
        return {"value": self.value, "kept": self.kept}
