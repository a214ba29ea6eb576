"""One run from the first step to its record on disk, without pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from marginalia.config.run_config import RunConfig
from marginalia.core.errors import ANEW, InputError
from marginalia.core.run_log import versions
from marginalia.data.dataset import Dataset
from marginalia.record.run_files import clear
from marginalia.record.snapshot import Record, Snapshot
from marginalia.record.snapshot_file import write_snapshot
from marginalia.record.store import write_description, write_metrics
from marginalia.training.checkpoint import NAME as CHECKPOINT
from marginalia.training.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from marginalia.training.describe import describe
from marginalia.training.device import torch_here
from marginalia.training.lock import locked
from marginalia.training.loop import snapshot_schedule, train
from marginalia.training.resume import existing_run, up_to


def record_run(config: RunConfig, dataset: Dataset, folder: Path) -> None:
    """Trains what is left of a run into its folder, without a word and without pictures.

    Raises InputError if another process works in the folder, if it holds a run with other settings, if what it holds is
    damaged, or where the training fails.
    """
    with locked(folder, "other --outputs"):
        Recording(config, dataset, folder).run()


class Recording:
    """A run in its folder, which is locked. `records`: the numbers of the snapshots so far."""

    def __init__(self, config: RunConfig, dataset: Dataset, folder: Path):
        self.config, self.dataset, self.folder = config, dataset, folder
        self.description = replace(describe(config, dataset), made_with=versions() | torch_here())
        self.records: list[Record] = []

    def run(self) -> None:
        """Does what is left to do."""
        found = existing_run(self.folder, self.description)
        if not found.finished:
            self.train(self.restart(found.snapshots))
            self.finish()
        (self.folder / CHECKPOINT).unlink(missing_ok=True)

    def restart(self, found: list[Snapshot]) -> Checkpoint | None:
        """The checkpoint to go on from, or None after clearing the folder. found: the snapshots that there are.

        Raises InputError if there is no way to go on from them.
        """
        start = read_checkpoint(self.folder, self.description.fingerprint) if found else None
        if start is not None:
            due = snapshot_schedule(self.config, self.dataset)
            for snapshot in up_to(found, due.get(start.steps_done, -1.0), due.values(), self.folder):
                self.note(snapshot)
        elif len(found) > 2:
            raise InputError(f"{self.folder / CHECKPOINT} is missing, so the run cannot go on; {ANEW}")
        else:
            clear(self.folder)
            self.describe(0, {})
        return start

    def train(self, start: Checkpoint | None) -> None:
        """Every step that is left, saving each snapshot and then the checkpoint from which to go on."""
        for progress in train(self.config, self.dataset, start):
            if progress.snapshot is not None:
                self.keep(progress.snapshot, progress.checkpoint)

    def keep(self, snapshot: Snapshot, checkpoint: Checkpoint | None) -> None:
        write_snapshot(self.folder, snapshot, self.description)
        self.note(snapshot)
        write_metrics(self.folder, self.records)
        if checkpoint is not None:
            write_checkpoint(self.folder, checkpoint, self.description.fingerprint)

    def note(self, snapshot: Snapshot) -> None:
        """Remembers the snapshot's numbers, not its points: memory stays flat."""
        self.records.append(Record(snapshot.epoch, snapshot.step or 0, snapshot.metrics))

    def describe(self, finished: int, metrics: Mapping[str, float | None]) -> None:
        write_description(self.folder, replace(self.description, finished=finished, metrics=metrics))

    def finish(self) -> None:
        """Says in run.json that the run is complete."""
        self.describe(len(self.records), self.records[-1].metrics)
