"""What `marginalia.read` returns: a run on disk that can draw itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from marginalia.config.config_file import read_config
from marginalia.config.places import config_path, data_path
from marginalia.record.description import Description
from marginalia.record.snapshot import Run, Snapshot
from marginalia.record.store import read_description, read_run


def read(folder: str | Path) -> RecordedRun:
    """The run in this folder, as `outputs/CosFace_v1`.

    Raises InputError naming the file if it does not exist, is empty, damaged or another run's.
    """
    folder = Path(folder)
    return RecordedRun(folder, read_description(folder), read_run(folder))


class RecordedRun:
    """A run and where it lies. `run[-1]` is its last snapshot, `len(run)` how many it has.

    folder: it. description: what run.json says. run: the numbers. In a notebook its last frame is shown.
    """

    def __init__(self, folder: Path, description: Description, run: Run):
        self.folder, self.description, self.run = folder, description, run

    @property
    def name(self) -> str:
        return self.run.name

    def __len__(self) -> int:
        return len(self.run.snapshots)

    def __getitem__(self, number: int) -> Snapshot:
        return self.run.snapshots[number]

    def __iter__(self) -> Iterator[Snapshot]:
        return iter(self.run.snapshots)

    def __repr__(self) -> str:
        last = self[-1]
        splits = ", ".join(f"{name} {len(points.labels):,}" for name, points in last.splits.items())
        return (
            f"<run {self.name}: {len(self)} snapshots to epoch {last.epoch:g}, {len(self.run.class_names):,} classes, "
            f"{self.run.dimension} dimensions; points: {splits}>"
        )

    def gif(self, path: str | Path, split: str = "test", **options: Any) -> Path:
        """See `marginalia.draw.gif`."""
        from marginalia import draw

        return draw.gif(self.run, path, split, **options)

    def page(self, path: str | Path, **options: Any) -> Path:
        """See `marginalia.draw.page`."""
        from marginalia import draw

        data_dir = data_path(read_config(config_path()).data.data_dir)
        return draw.page(self.run, self.description, path, data_dir, **options)

    def _repr_png_(self) -> bytes | None:
        from marginalia import draw
        from marginalia.core.errors import InputError

        try:
            return draw.png(self.run)
        except InputError:
            return None
