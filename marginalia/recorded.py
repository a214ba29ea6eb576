"""What `marginalia.read` returns: a run on disk that can draw itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marginalia.config.config_file import read_config
from marginalia.config.places import config_path, data_path
from marginalia.core.errors import InputError
from marginalia.record.description import Description
from marginalia.record.snapshot import Run, Snapshot
from marginalia.record.store import read_description, read_run


def read(folder: str | Path) -> RecordedRun:
    """The run in this folder, as `outputs/CosFace_v1`.

    Raises InputError naming the file if it does not exist, is empty, damaged or another run's.
    """
    folder = Path(folder)
    return RecordedRun(**vars(read_run(folder)), folder=folder, description=read_description(folder))


@dataclass(frozen=True, repr=False, kw_only=True)
class RecordedRun(Run):
    """A run and its folder. `run[-1]` is its last snapshot, `len(run)` how many it has.

    description: what run.json says. In a notebook the last frame is shown.
    """

    folder: Path
    description: Description

    def __len__(self) -> int:
        return len(self.snapshots)

    def __getitem__(self, number: int) -> Snapshot:
        return self.snapshots[number]

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

    def page(self, path: str | Path, **options: Any) -> Path:
        """A page of a run of `main.py`. options: see `marginalia.draw.page`."""
        from marginalia import draw

        data_dir = data_path(read_config(config_path()).data.data_dir)
        return draw.page(self, self.description, path, data_dir, **options)

    @property
    def usual_split(self) -> str:
        """The split that is drawn by default."""
        return "test" if "test" in self[-1].splits else next(iter(self[-1].splits))

    def _repr_png_(self) -> bytes | None:
        from marginalia import draw

        try:
            return draw.png(self, split=self.usual_split)
        except InputError:
            return None
