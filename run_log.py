"""outputs/<run>/log.txt: what a bug report needs."""

from __future__ import annotations

import contextlib
import logging
import platform
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

from errors import MessageForUserError

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
    """Versions, machine and threads, for run.json and the log."""
    import matplotlib
    import numpy
    import torch

    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": numpy.__version__,
        "matplotlib": matplotlib.__version__,
        "machine": f"{platform.platform()} {platform.machine()}",
        "threads": str(torch.get_num_threads()),
    }


def command_line() -> str:
    """The command as it was typed."""
    return shlex.join(["python", *sys.argv])


def command_to_go_on() -> str:
    """The command to type after a stop: the same but for --overwrite, which would start anew."""
    return shlex.join([sys.executable, *(word for word in sys.argv if word != "--overwrite")])
