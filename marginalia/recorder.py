"""Records a training of the user's own: PyTorch modules by `snapshot`, arrays of any library by `add`.

torch is imported when it is needed, so that `add` works without it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marginalia.core.errors import InputError
from marginalia.record import recorder
from marginalia.record.description import DrawnHead
from marginalia.record.snapshot import Snapshot
from marginalia.record.thumbnails import write_thumbnails

if TYPE_CHECKING:
    from torch import Tensor, nn


class Recorder(recorder.Recorder):
    """Writes a run into a folder while a model trains.

        with mg.Recorder("runs/mine", probe=(images, labels), head=model.fc) as rec:
            for epoch in range(20):
                train_one_epoch(model)
                rec.snapshot(model, epoch + 1)

    probe: what every snapshot shows: (inputs, labels) as arrays or tensors, a data set of torch, or a DataLoader, which
    is read once; or several of these by the name of their split. head: the last layer, which has the class weights: an
    `nn.Linear`, one of our heads, a loss of pytorch-metric-learning, another module with a weight for each class, its
    dotted name in the model, or a `DrawnHead`. batch_size: how many inputs go through the model at a time. tensorboard:
    a SummaryWriter for the frame, the metrics and the points of each snapshot.
    class_names, lossname, settings, resume, overwrite, `add` and `close`: see `record.recorder.Recorder`.

    Of several processes (torchrun) only the first one records. Raises InputError for a probe or a head that cannot be
    read.
    """

    def __init__(
        self, folder: str | Path, probe: Any = None, class_names: Sequence[str] | None = None,
        head: nn.Module | DrawnHead | str | None = None, *, lossname: str = "",
        settings: Mapping[str, Any] | None = None, resume: bool = False, overwrite: bool = False,
        batch_size: int = 250, tensorboard: Any = None,
    ):  # fmt: skip
        self.silent, self.records = rank() != 0, []
        if self.silent:
            return
        if batch_size < 1:
            raise InputError(f"batch_size must be at least 1, not {batch_size}")
        self.batch_size, self.probe, self.classifier, self.tensorboard = batch_size, {}, None, tensorboard
        drawn = None
        if isinstance(head, DrawnHead):
            drawn = head
        elif head is not None and not isinstance(head, str):
            from marginalia.training.classifier import classifier_of

            self.classifier = classifier_of(head)
            drawn, lossname = self.classifier.drawn, lossname or self.classifier.lossname
        self.named = head if isinstance(head, str) else ""
        if probe is not None:
            from marginalia.training.probe import as_probes

            self.probe = as_probes(probe)
        super().__init__(
            folder, class_names, lossname=lossname, head=drawn, settings=settings, resume=resume, overwrite=overwrite
        )

    def snapshot(
        self, model: nn.Module, epoch: float, *, step: int | None = None, metrics: Mapping[str, float] | None = None,
        layer: str | nn.Module = "", features: Callable[..., Tensor] | None = None,
    ) -> None:  # fmt: skip
        """Sends the probe through the model, in evaluation mode and without gradients, and adds what comes out.

        The features are what the head receives, if it is a part of the model, else what the model returns. layer: take
        the output of this layer instead, a module or its dotted name; features: take this function of the inputs.
        Modes, gradients and random states of the training are as before afterwards.

        Raises InputError as `add` does, or if the features cannot be found or do not fit the head.
        """
        if self.silent:
            return
        if not self.probe:
            raise InputError("snapshot needs a probe: Recorder(…, probe=(inputs, labels))")
        from marginalia.training.classifier import classifier_of
        from marginalia.training.probe import part_of, seen_by, thumbnails_of

        if self.named and self.classifier is None:
            self.classifier = classifier_of(part_of(model, self.named))
            self.head, self.lossname = self.classifier.drawn, self.lossname or self.classifier.lossname
        seen = {
            split: seen_by(model, probe.inputs, self.classifier, layer, features, self.batch_size)
            for split, probe in self.probe.items()
        }
        known = {} if self.classifier is None else self.classifier.arrays()
        self.add(
            epoch, {split: found.features for split, found in seen.items()},
            {split: probe.labels for split, probe in self.probe.items()},
            predictions={split: found.predictions for split, found in seen.items()},
            step=step, metrics=metrics, **known,
        )  # fmt: skip
        if len(self.records) == 1:
            pictures = {split: thumbnails_of(probe.inputs) for split, probe in self.probe.items()}
            write_thumbnails(self.folder, {split: found for split, found in pictures.items() if found is not None})

    def add(self, *arguments: Any, **named: Any) -> None:
        if not self.silent:
            super().add(*arguments, **named)

    add.__doc__ = recorder.Recorder.add.__doc__

    def added(self, snapshot: Snapshot) -> None:
        if self.tensorboard is not None and self.description is not None:
            from marginalia.callbacks.tensorboard import write_snapshot

            write_snapshot(self.tensorboard, self.description, snapshot)

    def close(self) -> None:
        """Marks the run as finished. Without it, as after a crash, the run reads back up to its last snapshot."""
        if not self.silent:
            super().close()


def rank() -> int:
    """The number of this process among those that train together."""
    distributed = sys.modules.get("torch.distributed")
    if distributed is not None and distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank()
    return int(os.environ.get("RANK", "0"))
