"""One process at a time in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from marginalia.core.errors import InputError


@contextmanager
def locked(folder: Path, option: str) -> Iterator[None]:
    """Makes the folder and locks it. option: what chooses another one. Raises InputError if a process has locked it."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise InputError(f"another process is working in {folder}; wait for it, or choose {option}") from None
    try:
        yield
    finally:
        lock.release()
