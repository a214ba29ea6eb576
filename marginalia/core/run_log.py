"""outputs/<run>/log.txt: what a bug report needs."""

from __future__ import annotations

import contextlib
import importlib.metadata
import logging
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from marginalia.core.errors import MessageForUserError
from marginalia.core.version import VERSION

LOGGER = logging.getLogger("marginalia")
FORMAT = "%(asctime)s %(levelname)s %(message)s"


class FileThatMayFail(logging.FileHandler):
    """A full disk must not turn every message into a traceback on stderr: the run itself complains, once."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        pass

    def close(self) -> None:
        with contextlib.suppress(OSError):
            super().close()


@contextlib.contextmanager
def logging_to(path: Path, verbose: bool) -> Iterator[logging.Logger]:
    """Appends messages and Python's warnings to `path`; with `verbose` they go to stderr too."""
    handlers: list[logging.Handler] = [FileThatMayFail(path, encoding="utf-8", errors="backslashreplace")]
    if verbose:
        handlers.append(logging.StreamHandler(sys.stderr))
    warnings = logging.getLogger("py.warnings")
    logging.captureWarnings(True)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = warnings.propagate = False
    for handler in handlers:
        handler.setFormatter(logging.Formatter(FORMAT))
        LOGGER.addHandler(handler)
        warnings.addHandler(handler)
    try:
        yield LOGGER
    except MessageForUserError as error:
        LOGGER.error("%s", error)
        raise
    except BaseException as error:
        LOGGER.exception("stopped by %s", type(error).__name__)
        raise
    finally:
        logging.captureWarnings(False)
        for handler in handlers:
            LOGGER.removeHandler(handler)
            warnings.removeHandler(handler)
            handler.close()


def versions() -> dict[str, str]:
    """Versions and machine, for run.json and the log."""
    return {
        "marginalia": VERSION,
        "commit": commit(),
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in ("numpy", "matplotlib")},
        "machine": f"{platform.platform()} {platform.machine()}",
    }


def commit() -> str:
    """The commit of the checkout, or that from which the package was built; "" if it is not known."""
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():
        built = Path(__file__).with_name("commit.txt")
        return built.read_text().strip() if built.exists() else ""
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    return ""


def command_line() -> str:
    """The command as it was typed."""
    return shlex.join([*launcher("python"), *sys.argv[1:]])


def command_to_go_on() -> str:
    """The command to type after a stop: the same but for --overwrite, which would start anew."""
    if os.environ.get("GROUP_WORLD_SIZE", "1") != "1":
        return "the same torchrun command on every machine, without --overwrite"
    return shlex.join([*launcher(sys.executable), *(word for word in sys.argv[1:] if word != "--overwrite")])


def launcher(python: str) -> list[str]:
    """What stands before the options: Python, torchrun if this is one of its processes, and the program."""
    program = ["-m", "marginalia"] if Path(sys.argv[0]).name == "__main__.py" else [sys.argv[0]]
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return [python, *program]
    count = os.environ.get("LOCAL_WORLD_SIZE", "1")
    return [python, "-m", "torch.distributed.run", f"--nproc-per-node={count}", *program]
