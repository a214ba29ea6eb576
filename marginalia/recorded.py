"""What `marginalia.read` returns: a run on disk that can draw itself."""

from __future__ import annotations

import html
import importlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from marginalia.config.config_file import read_config
from marginalia.config.places import config_path, data_path, outputs_path
from marginalia.core.errors import InputError
from marginalia.core.parsing import nearest
from marginalia.data.features_file import read_features
from marginalia.record.archive import SUFFIX
from marginalia.record.conversion import as_floats
from marginalia.record.description import Description, SplitNames
from marginalia.record.included import RECORDS, unpacked
from marginalia.record.snapshot import Points, Run, Snapshot
from marginalia.record.snapshot_file import require_snapshot
from marginalia.record.store import read_description, read_run, run_of

SPLIT_OF_FILE = "points"
NOTEBOOK_LINES, LARGEST_IN_NOTEBOOK = 720, 3 << 20


def read(folder: str | Path) -> RecordedRun:
    """The run in this folder, as `outputs/CosFace_v1`.

    Raises InputError naming the file if it does not exist, is empty, damaged or another run's.
    """
    folder = Path(folder)
    return RecordedRun(**vars(read_run(folder)), folder=folder, description=read_description(folder))


def read_record(name: str) -> RecordedRun:
    """A preset that comes trained, as "ArcFace_v3"; it is unpacked into the folder of all runs, `records` in it.

    Raises InputError with the nearest names for a name that there is not.
    """
    names = [path.name.removesuffix(SUFFIX) for path in sorted(RECORDS.glob(f"*{SUFFIX}"))]
    if name not in names:
        raise InputError(f"no record {name!r}; {nearest(name, names)}")
    return read(unpacked(outputs_path(), [name]) / name)


@dataclass(frozen=True, repr=False, kw_only=True)
class RecordedRun(Run):
    """A run and its folder. `run[-1]` is its last snapshot, `len(run)` how many it has.

    description: what run.json says. In a notebook the page is shown, or the last frame.
    """

    folder: Path
    description: Description

    def __len__(self) -> int:
        return len(self.snapshots)

    def __getitem__(self, number: int) -> RecordedSnapshot:
        return RecordedSnapshot(**vars(self.snapshots[number]), run=self)

    def __iter__(self) -> Iterator[Snapshot]:
        return iter(self.snapshots)

    def __repr__(self) -> str:
        last = self[-1]
        splits = ", ".join(f"{name} {len(points.labels):,}" for name, points in last.splits.items())
        return (
            f"<run {self.name}: {len(self)} snapshots to epoch {last.epoch:g}, {len(self.class_names):,} classes, "
            f"{self.dimension} dimensions; points: {splits}>"
        )

    def gif(self, path: str | Path, split: str | None = None, **options: Any) -> Path:
        """A moving picture of a split, "test" if the run has it. options: see `marginalia.draw.gif`."""
        from marginalia import draw

        return draw.gif(self, path, split or self.usual_split, **options)

    def page(self, path: str | Path, **look: Any) -> Path:
        """A page to explore the run. look: settings of `Style`, such as camera="log"."""
        from marginalia import draw

        return draw.written(Path(path), self.html(**look))

    def html(self, **look: Any) -> bytes:
        """The page as bytes. Raises InputError if the run cannot be drawn or the images of its points not be had."""
        from marginalia import draw

        data_dir = data_path(read_config(config_path()).data.data_dir)
        return draw.html_bytes(self, self.description, data_dir, self.folder, draw.styled(None, look))

    def deck(self, path: str | Path, **look: Any) -> Path:
        """A PowerPoint file of the run, see `marginalia.draw.deck`."""
        from marginalia import draw

        return draw.deck([self], path, **look)

    def to_frame(self, split: str | None = None) -> Any:
        """The points of a split at every epoch as a pandas.DataFrame; see `viz.table.columns`."""
        from marginalia.viz.table import columns

        pandas = needed("pandas")
        return pandas.DataFrame(columns(self, split or self.usual_split))

    def to_parquet(self, path: str | Path, split: str | None = None) -> Path:
        """The same as a Parquet file, which embedding-atlas opens: x, y, label, epoch, text and the features."""
        from marginalia.draw import written
        from marginalia.viz.table import columns

        arrow, content = needed("pyarrow"), io.BytesIO()
        needed("pyarrow.parquet").write_table(arrow.table(columns(self, split or self.usual_split)), content)
        return written(Path(path), content.getvalue())

    @property
    def usual_split(self) -> str:
        """The split that is drawn by default."""
        from marginalia.record.store import usual_split

        return usual_split(self)

    def _repr_html_(self) -> str | None:
        try:
            content = self.html().decode()
        except InputError:
            return None
        frame = '<iframe srcdoc="{}" style="width: 100%; height: {}px; border: 0"></iframe>'
        return frame.format(html.escape(content), NOTEBOOK_LINES) if len(content) <= LARGEST_IN_NOTEBOOK else None

    def _repr_png_(self) -> bytes | None:
        from marginalia import draw

        try:
            return draw.png(self, split=self.usual_split)
        except InputError:
            return None


def needed(package: str) -> Any:
    """A package that is not always installed. Raises InputError with the command that installs it."""
    try:
        return importlib.import_module(package)
    except ImportError:
        raise InputError(f"this needs {package.partition('.')[0]}: pip install {package.partition('.')[0]}") from None


def read_parquet(path: str | Path) -> Run:
    """A run from a table of features: label, x0, x1, … (or x, y), and if you like epoch and prediction.

    Raises InputError naming the file and what is wrong with it.
    """
    return read_features_file(Path(path))


def read_features_file(path: str | Path) -> Run:
    """The run of a .npz, .csv or .parquet file, see `data.features_file`, with its points as the split "points"."""
    path = Path(path)
    content = read_features(path)
    description = Description(path.stem, content.class_names, {SPLIT_OF_FILE: SplitNames()})
    snapshots = [
        Snapshot(moment.epoch, number, {SPLIT_OF_FILE: Points(as_floats("features", moment.features), moment.labels,
                                                              moment.predictions)})
        for number, moment in enumerate(content.moments)
    ]  # fmt: skip
    try:
        for snapshot in snapshots:
            require_snapshot(snapshot, description)
            first, here = (s.points(SPLIT_OF_FILE).labels for s in (snapshots[0], snapshot))
            if not np.array_equal(first, here):
                other = f"{len(here):,} points" if len(first) != len(here) else "other labels"
                raise InputError(f"epoch {snapshot.epoch:g} has {other}, the first one {len(first):,} points")
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return run_of(description, snapshots)


@dataclass(frozen=True, repr=False, kw_only=True)
class RecordedSnapshot(Snapshot):
    """A snapshot that knows its run, so that it can be drawn."""

    run: Run
