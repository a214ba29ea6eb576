"""Hugging Face transformers: a callback of its Trainer that records a snapshot after each epoch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import nn
from transformers import TrainerCallback

from marginalia.callbacks.found import numbers
from marginalia.recorder import Recorder


class TransformersRecorder(TrainerCallback):
    """`Trainer(callbacks=[TransformersRecorder("runs/mine", probe=(tokens, labels), head="classifier")])`.

    probe: the tokens as the model takes them, {"input_ids": …, "attention_mask": …}, and the labels. head: the last
    layer by its dotted name, or a module. layer, features: see `Recorder.snapshot`. settings: further arguments of
    `Recorder`. The metrics are those that the Trainer has logged last.
    """

    def __init__(
        self, folder: str | Path, probe: Any, head: str | nn.Module | None = None, *, layer: str = "",
        features: Any = None, **settings: Any,
    ):  # fmt: skip
        self.folder, self.probe, self.head, self.settings = folder, probe, head, settings
        self.where = {"layer": layer, "features": features}
        self.recorder: Recorder | None = None

    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **more: Any) -> None:
        self.recorder = Recorder(self.folder, self.probe, head=self.head, **self.settings)

    def on_epoch_end(self, args: Any, state: Any, control: Any, model: Any = None, **more: Any) -> None:
        assert self.recorder is not None
        logged = numbers(state.log_history[-1]) if state.log_history else {}
        metrics = {name: value for name, value in logged.items() if name not in ("epoch", "step")}
        self.recorder.snapshot(model, state.epoch, step=state.global_step, metrics=metrics, **self.where)

    def on_train_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        assert self.recorder is not None
        self.recorder.close()
