"""Power cuts at a chosen write, and Ctrl-C, for tests of stops."""

from __future__ import annotations

import signal
import sys
from pathlib import Path


class StopError(Exception):
    """Stands for a power cut."""


def accept_ctrl_c() -> None:
    """A job that a shell starts in the background ignores Ctrl-C, and so would its children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def bytes_of(folder: Path, pattern: str) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.glob(pattern))}


def snapshot_at(folder: Path, epoch: str) -> Path:
    """The file of the snapshot of this epoch, as its name has it: "01"."""
    (file,) = (folder / "snapshots").glob(f"epoch_{epoch}_step_*.npz")
    return file


def stop_after(monkeypatch, writes: int, name: str) -> None:
    """Makes the process fail at the given write of files with this ending."""
    from marginalia.core import files

    original, count = files.write_whole, 0

    def write(path: Path, content: bytes) -> None:
        nonlocal count
        count += path.name.endswith(name)
        if count > writes:
            raise StopError
        original(path, content)

    for module in ("record.store", "record.snapshot_file", "training.tensors", "cli.experiment", "viz.movie"):
        monkeypatch.setattr(sys.modules[f"marginalia.{module}"], "write_whole", write)
