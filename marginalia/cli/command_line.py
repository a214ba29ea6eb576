"""What all commands share: errors for people."""

from __future__ import annotations

import io
import os
import sys
from typing import NoReturn

import click

from marginalia.core.errors import MessageForUserError, OneRankError, in_words

SPIN_COUNT = "1000"
EXTRAS = {
    "torch": "train",
    "torchvision": "train",
    "sklearn": "train",
    "scipy": "train",
    "imageio_ffmpeg": "video",
    "pptx": "deck",
    "openTSNE": "faces",
}


def run_command(command: click.Command) -> NoReturn:
    """Runs a click command and exits: 0 when all went well, else with one line on stderr.

    Characters that the output cannot show are written as escapes. The code is 2 when the input was at fault, 1 when
    some of several runs failed, 130 after Ctrl-C.
    """
    limit_spinning()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = command.main(standalone_mode=False)
    except click.exceptions.Abort:
        code = complain("stopped", 130)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        code = error.exit_code
    except click.ClickException as error:
        code = complain(error.format_message())
    except OneRankError as error:
        code = complain(str(error), error.exit_code, first_only=False)
    except MessageForUserError as error:
        code = complain(str(error), error.exit_code)
    except ModuleNotFoundError as error:
        code = complain(missing_package(error))
    except OSError as error:
        code = complain(in_words(error))
    sys.exit(code or 0)


def limit_spinning() -> None:
    """Makes waiting threads of PyTorch give the processor to other programs, unless the user has set otherwise.

    By default libgomp lets them spin 300,000 times, which costs several times the work as soon as another program
    computes; see benchmarks/README.md. It reads this setting when torch is loaded.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPIN_COUNT)


def missing_package(error: ModuleNotFoundError) -> str:
    """Which extra of the distribution brings the package; raises the error again if none does."""
    name = (error.name or "").partition(".")[0]
    if name not in EXTRAS:
        raise error
    return f"{name} is not installed, and this command needs it; pip install 'marginalia-viz[{EXTRAS[name]}]' brings it"


def complain(message: str, code: int = 2, first_only: bool = True) -> int:
    """One line on stderr. Several processes of torchrun meet the same errors: only the first one prints it."""
    if first_only and os.environ.get("RANK", "0") != "0":
        return code
    click.echo(f"error: {' '.join(message.split())}", err=True)
    return code
