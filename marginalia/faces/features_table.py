"""Features of faces in a file that others read: Parquet with a column for each number, or NumPy's arrays."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from marginalia.core.errors import InputError
from marginalia.core.files import write_whole
from marginalia.core.names import file_name
from marginalia.faces.folder import FaceFolder

PARQUET, ARRAYS = SUFFIXES = (".parquet", ".npz")


def write_features(path: Path, folder: FaceFolder, features: np.ndarray) -> None:
    """Columns image, label and x0, x1, …, as `create_gif.py --features` reads them; in .npz image, labels, features.

    Raises InputError if pyarrow is needed and not installed.
    """
    images = np.array([file_name(image) for image in folder.images])
    labels = np.array([file_name(folder.people[label]) for label in folder.labels])
    packed = io.BytesIO()
    if path.suffix == ARRAYS:
        np.savez(packed, image=images, labels=labels, features=features)
    else:
        try:
            from pyarrow import table
            from pyarrow.parquet import write_table
        except ImportError:
            raise InputError(f"{path} needs pyarrow: pip install 'marginalia-viz[parquet]'") from None
        columns = {f"x{number}": column for number, column in enumerate(np.ascontiguousarray(features.T))}
        write_table(table({"image": images, "label": labels} | columns), packed)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, packed.getvalue())
