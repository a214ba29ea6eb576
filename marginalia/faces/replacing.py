"""A training that takes the place of another one: the old one goes only when the new one has a checkpoint."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from marginalia.core.errors import InputError
from marginalia.faces.checkpoint import NAME as CHECKPOINT
from marginalia.faces.checkpoint import STEPS
from marginalia.faces.run_file import NAME as RUN_FILE

METRICS = "metrics.csv"
ASIDE = ".replaced"
PARTS = (CHECKPOINT, RUN_FILE, METRICS, STEPS)


def put_aside(folder: Path) -> None:
    """What the folder holds of a training."""
    (folder / ASIDE).mkdir()
    for name in PARTS:
        if (folder / name).exists():
            (folder / name).rename(folder / ASIDE / name)


def finish_replacing(folder: Path) -> None:
    """What was put aside goes where there is a new checkpoint, and comes back where there is none.

    Called when a training ends in whatever way, and before the next, since the first call may not have been reached.
    """
    aside = folder / ASIDE
    if not aside.exists():
        return
    if not (folder / CHECKPOINT).exists():
        for name in reversed(PARTS):
            if (aside / name).exists():
                remove(folder / name)
                (aside / name).rename(folder / name)
    shutil.rmtree(aside, ignore_errors=True)


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def require_ours(folder: Path) -> None:
    """InputError if the folder holds a toy run, or files under a training's names that no training left there."""
    try:
        content = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
        ours = isinstance(content, dict) and "people" in content
    except FileNotFoundError:
        ours = not any((folder / name).exists() for name in PARTS)
    except (OSError, ValueError):
        ours = True  # but damaged
    if not ours:
        raise InputError(f"{folder} holds something else than a training of faces; choose another --out")
