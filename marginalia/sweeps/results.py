"""What the finished runs of a sweep say, as one table: a row a snapshot, with the settings of its run."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from marginalia.core.errors import InputError
from marginalia.core.files import write_whole
from marginalia.record.description import Description
from marginalia.record.store import read_description
from marginalia.sweeps.sweep_file import Sweep

NAME, HOURS = "results.parquet", "hours of training, without parts that were stopped"
RUN = "run"
PER_CLASS = ("norm_mean_", "norm_spread_")


@dataclass(frozen=True)
class Results:
    """columns: by name, each of the same length; `run`, the settings in which runs differ, epoch, step and all metrics.

    A setting that a run does not have is None. varied: the names of these settings. question: of the sweep. made_with:
    machine and versions of its first run, and how long all runs took.
    """

    columns: Mapping[str, np.ndarray]
    varied: tuple[str, ...]
    question: str
    made_with: Mapping[str, str]

    @property
    def last(self) -> Results:
        """The last snapshot of each run alone."""
        runs = self.columns[RUN]
        ends = np.append(runs[1:] != runs[:-1], True)
        return self.where(ends)

    def where(self, mask: np.ndarray) -> Results:
        """The rows of this mask."""
        cut = {name: column[mask] for name, column in self.columns.items()}
        return Results(cut, self.varied, self.question, self.made_with)

    def __len__(self) -> int:
        return len(self.columns[RUN])


def collected(sweep: Sweep, folders: Mapping[Path, dict[str, Any]], seconds: float) -> Results:
    """The table of those runs that are finished. folders: with the settings of each. InputError if there are none."""
    rows: list[dict[str, Any]] = []
    first: Description | None = None
    words = {key for key in sweep.varied if any(isinstance((sweep.base | run).get(key), str) for run in sweep.runs)}
    for folder, settings in folders.items():
        if not (folder / "run.json").is_file() or not (description := read_description(folder)).finished:
            continue
        first = first or description
        given = {key: plain((sweep.base | settings).get(key), key in words) for key in sweep.varied}
        rows += [{RUN: folder.name} | given | snapshot for snapshot in snapshots(folder)]
    if first is None:
        raise InputError(f"no run of {sweep.name} is finished")
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: column([row.get(name) for row in rows], name in sweep.varied) for name in names}
    made_with = dict(first.made_with) | {HOURS: f"{seconds / 3600:.2f}"}
    return Results(columns, tuple(sweep.varied), sweep.question, made_with)


def plain(value: Any, as_word: bool) -> Any:
    """A list, as of classes held out, as one word; a number too where other runs have a word."""
    if isinstance(value, list):
        return "-".join(map(str, value))
    return str(value) if as_word and value is not None else value


def snapshots(folder: Path) -> list[dict[str, float]]:
    """The rows of metrics.csv, with the mean length of a feature instead of the numbers of each class."""
    with (folder / "metrics.csv").open(newline="") as table:
        rows = [{name: float(value or "nan") for name, value in row.items()} for row in csv.DictReader(table)]
    for row in rows:
        lengths = [value for name, value in row.items() if name.startswith(PER_CLASS[0])]
        row["norm_mean"] = float(np.nanmean(lengths)) if np.isfinite(lengths).any() else float("nan")
    return [{name: value for name, value in row.items() if not name.startswith(PER_CLASS)} for row in rows]


def column(values: list[Any], is_setting: bool) -> np.ndarray:
    """Numbers as float64, with NaN where there is none; settings and names as objects."""
    if is_setting or any(isinstance(value, str) for value in values):
        return np.array(values, dtype=object)
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def write_results(path: Path, results: Results) -> None:
    """The table as a Parquet file, which pandas, polars and DuckDB read. Raises InputError if there is no PyArrow."""
    import io

    arrow, parquet = parquet_modules()
    about = {"varied": list(results.varied), "question": results.question, "made_with": dict(results.made_with)}
    table = arrow.table({name: arrow.array(values.tolist()) for name, values in results.columns.items()})
    packed = io.BytesIO()
    parquet.write_table(
        table.replace_schema_metadata({"marginalia": json.dumps(about)}), packed, compression="zstd", version="2.6"
    )
    write_whole(path, packed.getvalue())


def read_results(path: Path) -> Results:
    """Raises InputError if the file cannot be read or was not written by a sweep."""
    arrow, parquet = parquet_modules()
    try:
        table = parquet.read_table(path)
        about = json.loads(table.schema.metadata[b"marginalia"])
    except (OSError, arrow.ArrowInvalid, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} holds no results of a sweep ({error})") from None
    varied = tuple(about["varied"])
    columns = {name: column(table[name].to_pylist(), name in varied) for name in table.column_names}
    return Results(columns, varied, about["question"], about["made_with"])


def parquet_modules() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise InputError("a sweep needs pyarrow: pip install 'marginalia-viz[sweep]'") from None
    return pyarrow, pyarrow.parquet
