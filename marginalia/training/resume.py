"""Finds the run that a folder already holds, and whether the new command may continue it. NumPy only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marginalia.core.errors import ANEW, InputError
from marginalia.record.description import Description, decisive
from marginalia.record.snapshot import Snapshot
from marginalia.record.snapshot_file import snapshot_files
from marginalia.record.store import read_description, read_run


@dataclass(frozen=True)
class ExistingRun:
    """snapshots: those on disk, in order; finished: whether training has nothing left to do."""

    snapshots: list[Snapshot]
    finished: bool


def existing_run(folder: Path, asked: Description) -> ExistingRun:
    """The run in `folder`, if it is the one that is asked for.

    Raises InputError that lists what differs, or names what is damaged or missing.
    """
    has_snapshots = bool(snapshot_files(folder))
    if not (folder / "run.json").exists():
        if has_snapshots:
            raise InputError(f"{folder / 'run.json'} is missing, though there are snapshots; {ANEW}")
        return ExistingRun([], False)
    saved = read_description(folder)
    require_same(folder, saved, asked)
    if not has_snapshots and not saved.finished:
        return ExistingRun([], False)
    if saved.is_old and not saved.finished:
        raise InputError(f"{folder} holds an unfinished run of an older Marginalia; {ANEW}")
    return ExistingRun(list(read_run(folder).snapshots), saved.finished > 0)


def is_finished(folder: Path, asked: Description) -> bool:
    """Whether the folder holds the run that is asked for, complete. Raises InputError if it holds another run."""
    if not (folder / "run.json").exists():
        return False
    saved = read_description(folder)
    require_same(folder, saved, asked)
    return saved.finished > 0


def require_same(folder: Path, saved: Description, asked: Description) -> None:
    """InputError that lists what differs."""
    lines = what_differs(saved, asked)
    if lines:
        raise InputError(
            f"{folder} holds a run with other settings ({'; '.join(lines)}); "
            "add --overwrite to replace it, remove it, or choose other --outputs"
        )


def what_differs(saved: Description, asked: Description) -> list[str]:
    """A phrase for each setting that differs between the two."""
    found = differences(decisive(saved), decisive(asked))
    return [f"{key} was {before!r}, now {now!r}" for key, before, now in found]


def differences(before: Any, now: Any, key: str = "") -> list[tuple[str, Any, Any]]:
    """(key.subkey, old, new) of everything that is not equal in two nested JSON objects."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        found = []
        for name in sorted({*before, *now}):
            found += differences(before.get(name), now.get(name), f"{key}.{name}" if key else name)
        return found
    return [] if before == now else [(key, before, now)]


def up_to(snapshots: list[Snapshot], epoch: float, due: Iterable[float], folder: Path) -> list[Snapshot]:
    """The snapshots until `epoch`, where a checkpoint goes on; InputError if one of those `due` is missing."""
    kept = [snapshot for snapshot in snapshots if snapshot.epoch <= epoch + 1e-9]
    expected = 1 + sum(moment <= epoch + 1e-9 for moment in due)
    if len(kept) != expected:
        raise InputError(
            f"{folder}/snapshots holds {len(kept)} of the {expected} snapshots before the checkpoint; {ANEW}"
        )
    return kept
