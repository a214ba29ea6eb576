"""A sweep as a small JSON file: settings that all runs share, and lists of which every combination is a run."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marginalia.core.errors import InputError
from marginalia.core.parsing import read_json, require_keys, require_object

MOST_RUNS = 10_000


@dataclass(frozen=True)
class Sweep:
    """name: of the file. question: what it answers, in a sentence.

    base: settings that all runs share, runs: the others of each, which differ from run to run; both are named as the
    options of `marginalia train`, with underscores.
    """

    name: str
    question: str
    base: dict[str, Any]
    runs: tuple[dict[str, Any], ...]

    @property
    def varied(self) -> list[str]:
        """The settings in which runs differ, in the order of the file."""
        keys = dict.fromkeys(key for settings in self.runs for key in settings)
        return [key for key in keys if len({json.dumps((self.base | run).get(key)) for run in self.runs}) > 1]


def read_sweep(path: Path) -> Sweep:
    """Raises InputError naming the file and the key that is wrong."""
    return sweep_of(read_json(path), path.stem, str(path))


def sweep_of(content: Any, name: str, where: str) -> Sweep:
    """The sweep of a JSON object {"question": …, "base": {setting: value}, "grids": [{setting: [value, …]}, …]}."""
    require_keys(content, ("question", "base", "grids"), where)
    base, grids = content["base"], content["grids"]
    require_object(base, f"{where}: base")
    if not isinstance(grids, list) or not grids:
        raise InputError(f"{where}: grids must be a list of JSON objects")
    runs: dict[str, dict[str, Any]] = {}
    for number, grid in enumerate(grids, start=1):
        require_object(grid, f"{where}: grid {number}")
        for key, values in grid.items():
            if not isinstance(values, list) or not values:
                raise InputError(f"{where}: grid {number}: {key} must be a list of values, as [{json.dumps(values)}]")
        for values in itertools.product(*grid.values()):
            settings = dict(zip(grid, values, strict=True))
            runs[json.dumps(settings, sort_keys=True)] = settings
            if len(runs) > MOST_RUNS:
                raise InputError(f"{where}: more than {MOST_RUNS:,} runs; write several sweeps")
    for settings in runs.values():
        if not isinstance((base | settings).get("lossname"), str):
            raise InputError(f"{where}: every run needs a lossname, in base or in each grid")
    return Sweep(name, str(content["question"]), base, tuple(runs.values()))
