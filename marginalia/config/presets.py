"""The table of losses as Python sees it."""

from __future__ import annotations

from pathlib import Path

from marginalia.config.config_file import read_config
from marginalia.config.places import config_path
from marginalia.config.run_config import LossSpec


def presets(path: str | Path | None = None) -> dict[str, LossSpec]:
    """The losses of config.json by name: a MarginSpec for AngleLinear, the numbers of its head for another.

    path: of another file. Raises InputError that names the file and what is wrong with it.
    """
    config = read_config(config_path() if path is None else Path(path))
    return {lossname: config.loss(lossname) for lossname in config.rows}
