"""Lightning: a callback that records a snapshot after each epoch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lightning
from torch import nn

from marginalia.callbacks.found import numbers
from marginalia.recorder import Recorder


class LightningRecorder(lightning.Callback):
    """`Trainer(callbacks=[LightningRecorder("runs/mine", probe=(images, labels), head="classifier")])`.

    head: the last layer by its dotted name in the LightningModule, or a module. layer, features: see
    `Recorder.snapshot`. settings: further arguments of `Recorder`. The metrics are those that the module has logged.
    """

    def __init__(
        self, folder: str | Path, probe: Any, head: str | nn.Module | None = None, *, layer: str = "",
        features: Any = None, **settings: Any,
    ):  # fmt: skip
        self.folder, self.probe, self.head, self.settings = folder, probe, head, settings
        self.where = {"layer": layer, "features": features}
        self.recorder: Recorder | None = None

    def on_fit_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        self.recorder = Recorder(self.folder, self.probe, head=self.head, **self.settings)

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        assert self.recorder is not None
        self.recorder.snapshot(
            pl_module, trainer.current_epoch + 1, step=trainer.global_step, metrics=numbers(trainer.callback_metrics),
            **self.where,
        )  # fmt: skip

    def on_fit_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        assert self.recorder is not None
        self.recorder.close()
