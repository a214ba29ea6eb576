"""Where a data set comes from, by the name that `--dataset` takes.

A module of this folder with SOURCES adds data sets: a table of functions by name, each of which takes the folder of
downloads and returns a Dataset.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import marginalia.data
from marginalia.core.errors import InputError
from marginalia.core.names import FOLDER_PREFIX, is_path
from marginalia.core.parsing import nearest
from marginalia.data.dataset import Dataset
from marginalia.data.image_folder import load_folder
from marginalia.data.npz_file import load_npz


@cache
def sources() -> dict[str, Callable[[Path], Dataset]]:
    """The functions that load a data set, by its name."""
    found: dict[str, Callable[[Path], Dataset]] = {}
    for module in pkgutil.iter_modules(marginalia.data.__path__, "marginalia.data."):
        if module.name != __name__ and not module.ispkg:
            found |= getattr(importlib.import_module(module.name), "SOURCES", {})
    return found


def load_dataset(name: str, data_dir: Path, image_size: int = 0) -> Dataset:
    """The data set called `name`; `data_dir` is where downloaded ones are looked for and downloaded to.

    image_size: of a folder's images, see `load_folder`. Raises InputError for an unknown name or data that cannot be
    had.
    """
    if name.startswith(FOLDER_PREFIX):
        return load_folder(Path(name.removeprefix(FOLDER_PREFIX)), image_size)
    if is_path(name):
        return load_npz(Path(name))
    if name not in sources():
        raise InputError(f"unknown data set {name!r}; {nearest(name, [*sources(), 'folder:PATH', 'FILE.npz'])}")
    return sources()[name](data_dir)
