"""Tensors in a file: written whole or not at all, read without running code."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import torch

from marginalia.core.errors import ANEW, InputError
from marginalia.core.files import write_whole
from marginalia.record.arrays import require_stored

LONGEST_REASON = 120


def write_tensors(path: Path, content: dict[str, Any]) -> None:
    """What `read_tensors` reads. Raises OSError if it cannot be written; then the file is as it was."""
    packed = io.BytesIO()
    torch.save(content, packed)
    write_whole(path, packed.getvalue())


def read_tensors(path: Path) -> dict[str, Any]:
    """Tensors and plain numbers only. Raises InputError if the file is missing or damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            require_stored(archive, path.stat().st_size)
            if archive.testzip() is not None:
                raise ValueError("a checksum is wrong")
        content = torch.load(path, map_location="cpu", weights_only=True)
        if not isinstance(content, dict):
            raise ValueError("it holds something else")
    except FileNotFoundError:
        raise InputError(f"{path} is missing; {ANEW}") from None
    except Exception as error:  # readers of damaged files raise whatever comes
        raise damaged(path, error) from None
    return content


def damaged(path: Path, error: Exception) -> InputError:
    """What to raise for a file of a training that cannot be used, and why."""
    return InputError(f"{path} is damaged ({first_line(error)}); {ANEW}")


def first_line(error: Exception) -> str:
    """What went wrong in a few words, since errors of torch go on for pages."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:LONGEST_REASON]
