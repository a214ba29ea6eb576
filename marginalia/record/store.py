"""A run on disk: run.json, metrics.csv and one .npz a snapshot. Plain arrays and JSON, nothing that executes."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from marginalia.config.heads import REGIONS, HeadSpec
from marginalia.config.run_config import RunConfig
from marginalia.core.errors import InputError
from marginalia.core.files import write_whole
from marginalia.core.margin import MarginSpec
from marginalia.core.names import printable
from marginalia.core.parsing import parse, require_keys
from marginalia.data.dataset import FEWEST_CLASSES, LONGEST_NAME, MOST_CLASSES, Dataset
from marginalia.record.snapshot import SPLITS, Record, Run, Snapshot
from marginalia.record.snapshot_file import read_snapshot

FORMAT = 2
IN_PASSING = ("made_with", "finished", "metrics")
RUN_KEYS = (
    "format", "name", "lossname", "margin", "class_names", "unseen_names", "images", "config", *IN_PASSING,
)  # fmt: skip
LARGEST_JSON = 1_000_000
LONGEST_RUN_NAME = 200


def describe(config: RunConfig, dataset: Dataset) -> dict[str, Any]:
    """run.json without where and when it was made and what came out: all that decides the numbers of a run."""
    return {
        "format": FORMAT,
        "name": config.name,
        "lossname": config.lossname,
        "margin": asdict(config.loss.drawn),
        "class_names": list(dataset.class_names),
        "unseen_names": list(dataset.unseen_names),
        "images": dataset.digest,
        "config": settings(config),
    }


def settings(config: RunConfig) -> dict[str, Any]:
    """The settings that decide a run's numbers, and the head that its margin leaves out, as JSON has them."""
    saved = {name: asdict(getattr(config, name)) for name in ("data", "model", "training", "optimizer")}
    del saved["data"]["data_dir"]
    saved["data"]["holdout"] = list(saved["data"]["holdout"])
    if isinstance(config.loss, HeadSpec):
        saved["head"] = {"name": config.loss.name, "regions": config.loss.regions, **asdict(config.loss)}
    return saved


def fingerprint(description: dict[str, Any]) -> bytes:
    """32 bytes that stand in every file of a run, so that a file of another run is noticed."""
    decisive = {key: value for key, value in description.items() if key not in IN_PASSING}
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).digest()


def write_description(
    folder: Path,
    config: RunConfig,
    dataset: Dataset,
    made_with: dict[str, str],
    finished: int,
    metrics: Mapping[str, float],
) -> None:
    """run.json: all that is needed to redraw or to repeat the run.

    finished: how many snapshots the finished run has; 0 while it is not. metrics: those of its last snapshot.
    """
    known = {name: None if math.isnan(value) else value for name, value in metrics.items()}
    content = describe(config, dataset) | {"made_with": made_with, "finished": finished, "metrics": known}
    (folder / "snapshots").mkdir(parents=True, exist_ok=True)
    write_whole(folder / "run.json", (json.dumps(content, indent=2) + "\n").encode())


def write_metrics(folder: Path, records: Iterable[Record]) -> None:
    """metrics.csv: a row a snapshot."""
    rows = [{"epoch": record.epoch, **record.metrics} for record in records]
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    write_whole(folder / "metrics.csv", table.getvalue().encode())


def read_description(folder: Path) -> dict[str, Any]:
    """run.json as it was written. Raises InputError naming it if it does not exist or is damaged."""
    path = folder / "run.json"
    if not path.is_file():
        raise InputError(f"{folder} holds no run (no run.json); train one with: python main.py --lossname …")
    try:
        if path.stat().st_size > LARGEST_JSON:
            raise ValueError("far too large")
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is damaged ({error}); train anew with --overwrite") from None
    require_keys(content, RUN_KEYS, str(path))
    if content["format"] != FORMAT:
        raise InputError(f"{path} has format {content['format']!r}, this version reads {FORMAT}")
    require_names(content, "class_names", FEWEST_CLASSES, path)
    require_names(content, "unseen_names", 0, path)
    for name in (content["name"], content["lossname"], *content["class_names"], *content["unseen_names"]):
        if not isinstance(name, str) or not 0 < len(name) <= LONGEST_RUN_NAME:
            raise InputError(f"{path}: {str(name)[:LONGEST_NAME]!r} cannot be a name")
    if type(content["finished"]) is not int or content["finished"] < 0:
        raise InputError(f"{path}: finished must be the number of snapshots, or 0")
    return content


def require_names(content: dict[str, Any], key: str, least: int, path: Path) -> None:
    names = content[key]
    if not isinstance(names, list) or not least <= len(names) <= MOST_CLASSES:
        raise InputError(f"{path}: {key} must be a list of {least} to {MOST_CLASSES} names")


def read_run(folder: Path) -> Run:
    """The run in `folder`. Raises InputError naming the file if it does not exist, is empty or is damaged."""
    content = read_description(folder)
    names, unseen = (tuple(map(printable, content[key])) for key in ("class_names", "unseen_names"))
    spec = parse(MarginSpec, content["margin"], f"{folder / 'run.json'}: margin")
    files = sorted((folder / "snapshots").glob("epoch_*.npz"))
    if not files:
        raise InputError(f"{folder}/snapshots is empty: the run was stopped before its first snapshot; train it again")
    snapshots = [read_snapshot(file, (len(names), len(unseen)), fingerprint(content)) for file in files]
    snapshots.sort(key=lambda snapshot: snapshot.epoch)
    require_one_series(snapshots, folder)
    if content["finished"] not in (0, len(snapshots)):
        raise InputError(f"{folder}/snapshots holds {len(snapshots)} of the run's {content['finished']} snapshots")
    name, lossname = printable(content["name"]), printable(content["lossname"])
    return Run(name, lossname, spec, names, tuple(snapshots), *further_head(content), unseen)


def further_head(content: dict[str, Any]) -> tuple[str, str]:
    """The head that run.json names, and where its classes win; ("", "sectors") for AngleLinear, which has no name."""
    head = content["config"].get("head") if isinstance(content["config"], dict) else None
    if not isinstance(head, dict):
        return "", "sectors"
    regions = head.get("regions")
    return str(head.get("name"))[:LONGEST_NAME], regions if regions in REGIONS else "none"


def require_one_series(snapshots: list[Snapshot], folder: Path) -> None:
    """InputError unless all snapshots show the same images in a space of the same dimension."""
    first = snapshots[0]
    for snapshot in snapshots:
        same = snapshot.class_weights.shape == first.class_weights.shape
        same = same and all(np.array_equal(snapshot.points(s).labels, first.points(s).labels) for s in SPLITS)
        if same and snapshot.unseen is not None and first.unseen is not None:
            same = np.array_equal(snapshot.unseen.labels, first.unseen.labels)
        if not same:
            raise InputError(f"{folder}/snapshots mixes two runs: epoch {snapshot.epoch:g} shows other images")
    epochs = [snapshot.epoch for snapshot in snapshots]
    if len(set(epochs)) != len(epochs):
        raise InputError(f"{folder}/snapshots holds an epoch twice; remove the file that does not belong there")
