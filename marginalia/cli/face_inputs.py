"""What the commands of faces read: a folder or a file of images, and a recogniser."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from marginalia.core.errors import InputError
from marginalia.core.user_code import is_user_code

if TYPE_CHECKING:
    from marginalia.faces.folder import FaceFolder


MODELS = "The folder of a training, its best.safetensors, an ONNX file, FILE.py:FUNCTION, or dlib."
allow_missing = click.option("--allow-missing", is_flag=True, help="Go on when listed names match nothing.")


def say(*lines: str | None) -> None:
    """Prints lines on stdout; of several processes only the first one does."""
    for line in lines:
        if line and os.environ.get("RANK", "0") == "0":
            click.echo(line)


def folder_of(path: Path) -> FaceFolder:
    """The folder of images, a RecordIO file or shards of them; prints notes about it first."""
    from marginalia.faces import packed, shards
    from marginalia.faces.folder import read_folder

    readers = {packed.SUFFIX: packed.read_packed, shards.SUFFIX: shards.read_shards}
    folder = readers.get(path.suffix, read_folder)(path)
    say(*folder.notes)
    return folder


def plain_folder_of(path: Path) -> FaceFolder:
    """A folder of images. Raises InputError for a file of them, beside which crops or landmarks have no place."""
    folder = folder_of(path)
    if path.is_file() or not path.exists():
        raise InputError(f"{path} is no folder; landmarks and crops are made of PERSON/IMAGE in a folder")
    return folder


def recogniser(model: str, device: str) -> Any:
    """dlib's, that of a training's folder, an ONNX file, or what FILE.py:FUNCTION returns."""
    if model == "dlib":
        from marginalia.faces.dlib_recogniser import DlibRecogniser

        return DlibRecogniser()
    from marginalia.faces import outside
    from marginalia.faces.embedder import load_model
    from marginalia.training.device import resolve_device

    if is_user_code(model):
        return outside.load_from_python(model, resolve_device(device))
    if Path(model).suffix == outside.ONNX:
        return outside.load_onnx(Path(model))
    return load_model(Path(model), resolve_device(device))
