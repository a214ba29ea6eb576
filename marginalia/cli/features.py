"""A file of features as a run, as `create_gif.py --features` draws it."""

from __future__ import annotations

from pathlib import Path

from marginalia.core.errors import InputError
from marginalia.record.recorder import Recorder
from marginalia.record.store import NAME, read_description
from marginalia.recorded import SPLIT_OF_FILE, read_features_file

SETTING = "features_file"


def recorded_features(path: Path, outputs: Path) -> str:
    """Records the file as OUTPUTS/STEM, in the place of an older record of it; returns the name of the run.

    Raises InputError for a file that cannot be read, or if OUTPUTS/STEM holds another run.
    """
    run = read_features_file(path)
    folder = outputs / path.stem
    if (folder / NAME).exists() and SETTING not in read_description(folder).settings:
        raise InputError(f"{folder} holds a run; rename {path.name}, or choose other --outputs")
    settings = {SETTING: path.name}
    with Recorder(folder, run.class_names, lossname=path.stem, settings=settings, overwrite=True) as recorder:
        for snapshot in run.snapshots:
            points = snapshot.points(SPLIT_OF_FILE)
            labels, predictions = {SPLIT_OF_FILE: points.labels}, {SPLIT_OF_FILE: points.predictions}
            recorder.add(snapshot.epoch, {SPLIT_OF_FILE: points.features}, labels, predictions=predictions)
    return path.stem
