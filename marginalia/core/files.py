"""Writing files so that a crash leaves the old one or the new one, never half of one."""

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """`path` with this content, by way of a temporary file beside it. Raises OSError naming `path`."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from None
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def replacing(targets: Sequence[Path], before: Sequence[Path] = (), after: Sequence[Path] = ()) -> Iterator[list[Path]]:
    """Temporary files, in one folder, that take the places of these when the block ends well; else all stays as it was.

    A target of which nothing was written is removed. before, after: what is removed before the first target is
    replaced, and after the last. Raises OSError where a target is no plain file.
    """
    for target in targets:
        if target.exists() and not target.is_file():
            raise OSError(errno.EEXIST, "it is there already and is no file", str(target))
    folder = targets[0].parent
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".packing-") as temporary:
        files = [Path(temporary) / str(number) for number in range(len(targets))]
        yield files
        remove(before)
        for file, target in zip(files, targets, strict=True):
            if file.exists():
                file.replace(target)
            else:
                target.unlink(missing_ok=True)
        remove(after)
    sync_folder(folder)


def remove(files: Sequence[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Makes a rename last through a power cut, on systems that can open a folder."""
    with contextlib.suppress(PermissionError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
