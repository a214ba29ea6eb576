"""pytorch-metric-learning: a hook of its trainers that records a snapshot after each epoch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import nn

from marginalia.recorder import Recorder


class MetricLearningRecorder:
    """`MetricLossOnly(…, end_of_epoch_hook=MetricLearningRecorder("runs/mine", probe=(images, labels), head=loss))`.

    The features are those of the trainer's trunk and embedder. next_hook: another end_of_epoch_hook, called after this
    one, as a HookContainer's. settings: further arguments of `Recorder`. Call `close` after the training.
    """

    def __init__(
        self, folder: str | Path, probe: Any, head: nn.Module | None = None, next_hook: Any = None, **settings: Any
    ):
        self.recorder, self.next_hook = Recorder(folder, probe, head=head, **settings), next_hook

    def __call__(self, trainer: Any) -> Any:
        model = nn.Sequential(*(trainer.models[name] for name in ("trunk", "embedder") if name in trainer.models))
        losses = {name: float(value) for name, value in trainer.losses.items()}
        self.recorder.snapshot(model, trainer.epoch, metrics=losses)
        return None if self.next_hook is None else self.next_hook(trainer)

    def close(self) -> None:
        self.recorder.close()
