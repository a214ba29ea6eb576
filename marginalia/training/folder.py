"""Another folder for a run, if its usual one has a run with other settings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from marginalia.config.naming import DIGEST_LETTERS
from marginalia.config.run_config import RunConfig
from marginalia.core.errors import InputError
from marginalia.data.dataset import Dataset
from marginalia.record.snapshot_file import read_snapshot, snapshot_files
from marginalia.record.store import NAME, read_description
from marginalia.training.describe import describe
from marginalia.training.resume import what_differs


def with_free_folder(config: RunConfig, dataset: Dataset, outputs: Path) -> tuple[RunConfig, str | None]:
    """The config under the name that its folder in `outputs` has, and a line for the user if it is not the usual one.

    A digest is added where a run with other settings has the usual name, now or when this one began. A damaged run
    keeps its folder: the training refuses to go on there.
    """
    asked = describe(config, dataset)
    beside = replace(config, name=f"{config.name}_{asked.fingerprint.hex()[:DIGEST_LETTERS]}")
    folder = outputs / config.name
    try:
        saved = read_description(folder)
        lines = what_differs(saved, asked)
        for file in snapshot_files(folder)[:1] if lines else ():
            read_snapshot(file, saved)  # so that a damaged run.json does not pass for that of another run
    except InputError:
        return (beside if (outputs / beside.name / NAME).exists() else config), None
    if not lines:
        return config, None
    return beside, f"{folder} holds a run with other settings ({'; '.join(lines)}); this one goes beside it"
