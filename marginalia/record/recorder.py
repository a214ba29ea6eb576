"""Records a training as it goes on, from arrays of whatever library. NumPy only."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from marginalia.core.errors import InputError
from marginalia.core.run_log import versions
from marginalia.record.conversion import as_floats, as_integers, as_metrics
from marginalia.record.description import (
    Description,
    DrawnHead,
    SplitNames,
    as_json,
    decisive,
    described,
    require_writable,
)
from marginalia.record.metrics import completed
from marginalia.record.run_files import clear, holds_run
from marginalia.record.snapshot import UNBENT, Points, Record, Snapshot, no_weights
from marginalia.record.snapshot_file import require_snapshot, snapshot_files, write_snapshot
from marginalia.record.store import NAME, lasting, moment, read_description, read_run, write_description, write_metrics

Arrays = Any  # whatever NumPy takes as an array


class Recorder:
    """Writes a run into a folder, a snapshot for each call of `add`; `marginalia.read` reads it at any moment.

    class_names: by default the numbers of the classes. lossname: for captions. head: what is known of the last layer,
    see `DrawnHead`; by default the class with the largest w . x + b wins. settings: anything else that describes the
    run, as JSON. resume: goes on with the record that the folder has; overwrite: the first snapshot replaces it.

    With the same labels in every snapshot, `labels` is needed only once. Raises InputError if the folder holds a run
    already, or, with `resume`, one of another description.
    """

    def __init__(
        self, folder: str | Path, class_names: Sequence[str] | None = None, *, lossname: str = "",
        head: DrawnHead | None = None, settings: Mapping[str, Any] | None = None, resume: bool = False,
        overwrite: bool = False,
    ):  # fmt: skip
        self.folder = Path(folder)
        self.class_names = None if class_names is None else tuple(map(str, class_names))
        self.lossname, self.head, self.settings = lossname, head, dict(settings or {})
        self.description: Description | None = None
        self.first: Snapshot | None = None
        self.records: list[Record] = []
        self.resumed, self.replaces = False, overwrite
        if overwrite or not holds_run(self.folder):
            return
        if not resume:
            raise InputError(f"{folder} holds a run; add resume=True to go on with it, or overwrite=True to replace it")
        self.go_on(read_description(self.folder))

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()

    @property
    def last_epoch(self) -> float | None:
        """The epoch of the last snapshot, also of those from before a resume; None before the first."""
        return self.records[-1].epoch if self.records else None

    def add(
        self, epoch: float, features: Arrays | Mapping[str, Arrays], labels: Arrays | Mapping[str, Arrays] = None,
        *, predictions: Arrays | Mapping[str, Arrays] = None, weights: Arrays = None, bias: Arrays = None,
        step: int | None = None, metrics: Mapping[str, float] | None = None, **more: Any,
    ) -> None:  # fmt: skip
        """A snapshot after `epoch` epochs and `step` steps, by default one more than the last one.

        features: (N, D), or several by the name of their split; one alone is "test". labels: integers (N,), from 0.
        predictions: integers (N,); by default the class with the largest logit, if there are weights.
        weights: (C, D), and bias: (C,), of the last layer, if it has some. metrics: numbers by name, such as the loss.
        more: centre_labels and psi, see `Snapshot`.

        After a resume, snapshots from this moment on are replaced. Raises InputError if an array does not fit, has
        other points than the snapshots before, or the epoch does not rise; then the record stays as it was.
        """
        splits = self.points(features, labels, predictions)
        class_weights = no_weights() if weights is None else as_floats("weights", weights)
        bias = None if bias is None else as_floats("bias", bias)
        measured = as_metrics(metrics or {})
        step = self.next_step(epoch) if step is None else step
        snapshot = Snapshot(float(epoch), step, splits, class_weights, measured, bias, **more)
        description = self.description or self.describe(snapshot)
        require_snapshot(snapshot, description)
        snapshot = completed(snapshot, description.head)
        kept = [record for record in self.records if not self.resumed or record.epoch < snapshot.epoch]
        self.require_next(snapshot, kept)
        if self.description is None:
            require_writable(description, self.folder / NAME)
        if self.replaces:
            clear(self.folder)
        if self.resumed:
            self.keep_only(kept)
        if self.description is None:
            write_description(self.folder, description)
        write_snapshot(self.folder, snapshot, description)
        self.description, self.first, self.resumed = description, self.first or snapshot, False
        self.replaces = False
        self.records.append(Record(snapshot.epoch, step, snapshot.metrics))
        write_metrics(self.folder, self.records)
        self.added(snapshot)

    def added(self, snapshot: Snapshot) -> None:
        """Called with each snapshot when it is on disk; for subclasses."""

    def close(self) -> None:
        """Marks the run as finished. Without it, as after a crash, the run reads back up to its last snapshot."""
        if self.description is not None and self.records:
            last = self.records[-1].metrics
            write_description(self.folder, replace(self.description, finished=len(self.records), metrics=last))

    def points(self, features: Any, labels: Any, predictions: Any) -> dict[str, Points]:
        by_split = features if isinstance(features, Mapping) else {"test": features}
        found = {}
        for split, array in by_split.items():
            mine = of_split(labels, split)
            if mine is None and self.first is not None and split in self.first.splits:
                mine = self.first.splits[split].labels
            if mine is None:
                raise InputError(f"{split}: labels are missing; give them with the first snapshot")
            guessed = of_split(predictions, split)
            placed = as_floats(f"{split}: features", array)
            if placed.ndim != 2 or not placed.size:
                raise InputError(f"{split}: features must have the shape (N, D), not {placed.shape}")
            found[split] = Points(
                placed,
                as_integers(f"{split}: labels", mine),
                None if guessed is None else as_integers(f"{split}: predictions", guessed),
            )
        return found

    def describe(self, snapshot: Snapshot) -> Description:
        """What run.json says, from the first snapshot."""
        highest = max(int(points.labels.max(initial=0)) for points in snapshot.splits.values())
        count = len(snapshot.class_weights) if snapshot.centre_labels is None else 0
        names = self.class_names or tuple(map(str, range(max(count, highest + 1))))
        splits = {split: SplitNames() for split in snapshot.splits}
        head = self.head or (DrawnHead(UNBENT) if len(snapshot.class_weights) else None)
        return Description(
            self.folder.resolve().name, names, splits, self.lossname, head, settings=self.settings, made_with=versions()
        )

    def go_on(self, saved: Description) -> None:
        """Takes up the record of the folder."""
        if saved.is_old:
            raise InputError(f"{self.folder} has an older format, which can be drawn and not gone on with")
        asked = replace(
            saved, class_names=self.class_names or saved.class_names, lossname=self.lossname or saved.lossname,
            head=self.head or saved.head, settings=self.settings or saved.settings,
        )  # fmt: skip
        asked = described(json.loads(json.dumps(as_json(asked))), self.folder / NAME)
        if decisive(asked) != decisive(saved):
            raise InputError(
                f"{self.folder} holds a run with other classes, head or settings; overwrite=True replaces it"
            )
        self.description = replace(saved, finished=0, metrics={})
        self.resumed = True
        if saved.finished:
            write_description(self.folder, self.description)
        if snapshot_files(self.folder):
            found = read_run(self.folder).snapshots
            self.first = found[0]
            self.records = [Record(s.epoch, s.step or 0, s.metrics) for s in found]

    def next_step(self, epoch: float) -> int:
        """One more than the last one; after a resume that of the first snapshot which is replaced."""
        after = self.records[-1].step + 1 if self.records else 0
        return next((record.step for record in self.records if self.resumed and record.epoch >= epoch), after)

    def keep_only(self, kept: list[Record]) -> None:
        """Removes all other snapshots."""
        self.records, steps = kept, {record.step for record in kept}
        for file in snapshot_files(self.folder):
            if int(file.stem.rpartition("_")[2]) not in steps:
                file.unlink()

    def require_next(self, snapshot: Snapshot, before: Sequence[Record]) -> None:
        """InputError unless the snapshot comes after those before and shows the same points."""
        now = f"epoch {snapshot.epoch:g}, step {snapshot.step}"
        if before and not (snapshot.epoch >= before[-1].epoch and moment(snapshot) > before[-1].step):
            raise InputError(f"{now} does not come after epoch {before[-1].epoch:g}, step {before[-1].step}")
        if self.first is None:
            return
        for split, points in snapshot.splits.items():
            first = self.first.splits[split].labels
            if not np.array_equal(points.labels, first):
                count = f"{len(points.labels):,} points" if len(points.labels) != len(first) else "other labels"
                raise InputError(
                    f"{now}: {split} has {count}, the first snapshot has {len(first):,}; keep them the same"
                )
        if not all(map(np.array_equal, lasting(snapshot), lasting(self.first))):
            raise InputError(f"{now} has other dimensions, weights, bias or predictions than the first snapshot")


def of_split(values: Any, split: str) -> Any:
    return values.get(split) if isinstance(values, Mapping) else values
