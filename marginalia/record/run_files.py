"""The names of the files that a run writes, so that no other file is ever deleted."""

from __future__ import annotations

import re
from pathlib import Path

from marginalia.record.snapshot_file import MOMENT, snapshot_files

PICTURE = r"((slide|plain|turn|angles)_)?(train|test|points)"
TEMPORARY = r"(\.\d+\.tmp)?"
WRITTEN = {
    ".": re.compile(
        r"(run\.json|metrics\.csv|latest\.png|index\.html|checkpoint\.pt|thumbnails\.npz"
        rf"|{PICTURE}(\.(gif|webp|apng|mp4)|_last\.png|_{MOMENT}\.(png|svg|pdf))){TEMPORARY}"
    ),
    "tensorboard": re.compile(r"events\.out\.tfevents\..*|projector_config\.pbtxt"),
    "snapshots": re.compile(rf"{MOMENT}\.npz{TEMPORARY}"),
    "frames": re.compile(rf"{PICTURE}_{MOMENT}\.png{TEMPORARY}"),
}


def clear(folder: Path) -> None:
    """Removes an older run's numbers and pictures, and nothing else, so that they do not mix with the new one's."""
    for place, pattern in WRITTEN.items():
        for file in (folder / place).glob("*"):
            if pattern.fullmatch(file.name) and file.is_file():
                file.unlink()


def holds_run(folder: Path) -> bool:
    """Whether the folder has a run.json or snapshots."""
    return (folder / "run.json").exists() or bool(snapshot_files(folder))
