"""Keras, with any of its backends: a callback that records a snapshot after each epoch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from marginalia.callbacks.found import numbers
from marginalia.core.errors import InputError
from marginalia.core.parsing import nearest
from marginalia.record.recorder import Recorder


class KerasRecorder(keras.callbacks.Callback):
    """`model.fit(…, callbacks=[KerasRecorder("runs/mine", probe=(images, labels), head="classifier")])`.

    probe: (inputs, labels) as arrays, or several of these by the name of their split. head: the name of the last Dense
    layer, which has the class weights; by default the last layer of the model, if it is one. layer: the name of the
    layer whose output is recorded; by default the features are what the head receives. settings: further arguments of
    `Recorder`. The metrics are the logs of Keras.
    """

    def __init__(self, folder: str | Path, probe: Any, head: str = "", *, layer: str = "", **settings: Any):
        super().__init__()
        self.probe = probe if isinstance(probe, dict) else {"test": probe}
        self.head, self.layer = head, layer
        self.recorder = Recorder(folder, **settings)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if not getattr(self.model, "inputs", None):
            raise InputError("KerasRecorder needs a Sequential or functional model, whose layers have symbolic inputs")
        last = self.named(self.head) if self.head else self.model.layers[-1]
        head = last if isinstance(last, keras.layers.Dense) and last.units > 1 else None
        if self.head and head is None:
            raise InputError(f"head: {self.head} is {type(last).__name__}; a Dense layer of several units is needed")
        if not self.layer and head is None:
            output = self.model.outputs[0]
        else:
            output = self.named(self.layer).output if self.layer else head.input  # type: ignore[union-attr]
        seen = keras.Model(self.model.inputs, output)
        known: dict[str, Any] = {}
        if head is not None:
            known["weights"] = keras.ops.convert_to_numpy(head.kernel).T
            known["bias"] = None if head.bias is None else keras.ops.convert_to_numpy(head.bias)
        features = {split: seen.predict(inputs, verbose=0) for split, (inputs, _) in self.probe.items()}
        labels = {split: labels for split, (_, labels) in self.probe.items()}
        self.recorder.add(epoch + 1, features, labels, metrics=numbers(logs or {}), **known)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self.recorder.close()

    def named(self, name: str) -> Any:
        layers = {layer.name: layer for layer in self.model.layers}
        if name not in layers:
            raise InputError(f"the model has no layer {name!r}; {nearest(name, layers)}")
        return layers[name]
