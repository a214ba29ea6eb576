"""A run on disk: run.json, metrics.csv and one .npz a snapshot. Plain arrays and JSON, no code."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from marginalia.core.errors import ANEW, InputError
from marginalia.core.files import write_whole
from marginalia.core.margin import Margin, SampledMargin
from marginalia.record.description import LARGEST_JSON, Description, DrawnHead, described, require_writable
from marginalia.record.snapshot import HELD_OUT, UNBENT, Record, Run, Snapshot, SplitName
from marginalia.record.snapshot_file import read_snapshot, snapshot_files

NAME = "run.json"


def write_description(folder: Path, description: Description) -> None:
    """run.json: all that is needed to redraw or to repeat the run. Raises InputError if it could not be read again."""
    content = require_writable(description, folder / NAME)
    (folder / "snapshots").mkdir(parents=True, exist_ok=True)
    write_whole(folder / NAME, content)


def write_metrics(folder: Path, records: Iterable[Record]) -> None:
    """metrics.csv: a row a snapshot."""
    rows = [{"epoch": record.epoch, "step": record.step, **record.metrics} for record in records]
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, fieldnames=list(dict.fromkeys(key for row in rows for key in row)))
    writer.writeheader()
    writer.writerows(rows)
    write_whole(folder / "metrics.csv", table.getvalue().encode())


def read_description(folder: Path) -> Description:
    """run.json as it was written. Raises InputError naming it if it does not exist or is damaged."""
    path = folder / NAME
    if not path.is_file():
        raise InputError(
            f"{folder} holds no run (no {NAME}); train one with: python -m marginalia train --lossname …, "
            "or record one with mg.Recorder"
        )
    try:
        if path.stat().st_size > LARGEST_JSON:
            raise ValueError("far too large")
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is damaged ({error}); {ANEW}") from None
    return described(content, path)


def read_run(folder: Path) -> Run:
    """The run in `folder`. Raises InputError naming the file if it does not exist, is empty or is damaged."""
    description = read_description(folder)
    files = snapshot_files(folder)
    if not files:
        raise InputError(f"{folder}/snapshots is empty: the run was stopped before its first snapshot; train it again")
    snapshots = [read_snapshot(file, description) for file in files]
    snapshots.sort(key=moment)
    require_one_series(snapshots, folder)
    if description.finished not in (0, len(snapshots)):
        raise InputError(f"{folder}/snapshots holds {len(snapshots)} of the run's {description.finished} snapshots")
    return run_of(description, snapshots)


def run_of(description: Description, snapshots: Sequence[Snapshot]) -> Run:
    """The run that is described, with these snapshots."""
    head = description.head
    biased = any(snapshot.bias is not None for snapshot in snapshots)  # then sectors would not be what decides
    regions = "none" if head is None else head.regions
    if biased and regions == "sectors":
        regions = "none" if head is not None and head.spec.x_norm else "polygons"
    return Run(
        name=description.name,
        lossname=description.lossname or description.name,
        spec=UNBENT if head is None else drawn_margin(head, snapshots[-1].psi),
        class_names=description.class_names,
        snapshots=tuple(snapshots),
        head=None if head is None else head.name,
        regions=regions,
        held_out_names=description.splits[HELD_OUT].classes if HELD_OUT in description.splits else (),
        point_names={split: names.points for split, names in description.splits.items() if names.points},
        splits_of_other_classes=tuple(split for split, names in description.splits.items() if names.classes),
    )


def drawn_margin(head: DrawnHead, psi: np.ndarray | None) -> Margin:
    """The margin of AngleLinear, or of a further head as its last snapshot has it."""
    if not head.name or psi is None or head.regions != "sectors":
        return head.spec
    return SampledMargin(head.spec.w_norm, head.spec.x_norm, head.spec.s, tuple(psi.tolist()))


def usual_split(run: Run) -> SplitName:
    """The split that is drawn by default."""
    splits = run.snapshots[-1].splits
    return "test" if "test" in splits else next(iter(splits))


def moment(snapshot: Snapshot) -> float:
    """The sort key of snapshots: the step, or the epoch where steps were not counted."""
    return snapshot.epoch if snapshot.step is None else snapshot.step


def require_one_series(snapshots: list[Snapshot], folder: Path) -> None:
    """InputError unless all snapshots show the same points in a space of the same dimension, each at its own moment."""
    first = snapshots[0]
    for snapshot in snapshots:
        if not all(map(np.array_equal, lasting(snapshot), lasting(first))):
            raise InputError(f"{folder}/snapshots mixes two runs: epoch {snapshot.epoch:g} shows other points")
    if len({moment(snapshot) for snapshot in snapshots}) != len(snapshots):
        raise InputError(f"{folder}/snapshots holds a moment twice; remove the file that does not belong there")
    epochs = [snapshot.epoch for snapshot in snapshots]
    if epochs != sorted(epochs):
        raise InputError(f"{folder}/snapshots mixes two runs: its epochs do not rise with its steps")


def lasting(snapshot: Snapshot) -> list[np.ndarray]:
    """What does not change from one snapshot of a run to the next."""
    shape = np.array((*snapshot.class_weights.shape, snapshot.dimension))
    centres = np.array(()) if snapshot.centre_labels is None else snapshot.centre_labels
    splits = [snapshot.splits[split] for split in sorted(snapshot.splits)]
    there = np.array([part.predictions is not None for part in splits] + [snapshot.bias is not None])
    return [shape, centres, there, *(part.labels for part in splits)]
