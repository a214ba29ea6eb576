"""What the trials share: a short run on genuine digits, the commands in this process, and the rule.

The rule everywhere: correct output, or one clear line and exit code 2. Never a traceback, a hang or a wrong picture.
"""

from __future__ import annotations

import contextlib
import io
import sys
import warnings
from pathlib import Path

import numpy as np
from PIL import Image

from marginalia.cli.command_line import run_command
from marginalia.cli.draw import draw
from marginalia.cli.train import train
from marginalia.data.mnist import load_mnist

ROOT = Path(__file__).parent.parent.parent
COMMANDS = {"main.py": train, "create_gif.py": draw}
SHORT_RUN = ["--lossname", "ArcFace_v1", "--basemodel", "MiniResnet18", "--epochs", "6",
             "--snapshots", "1", "--batch-size", "32"]  # fmt: skip
DECISIVE = ("snapshots/*.npz", "*.gif", "frames/*.png", "metrics.csv")

Outcome = tuple[int, int]


def digits(folder: Path, classes: int = 4, each: int = 40) -> Path:
    """Genuine digits as a folder of images."""
    train = load_mnist().train
    for label in range(classes):
        (folder / str(label)).mkdir(parents=True)
        for number, index in enumerate(np.flatnonzero(train.labels == label)[:each]):
            Image.fromarray(train.images[index]).save(folder / str(label) / f"{number}.png")
    return folder


def command(images: Path, outputs: Path, *more: str) -> list[str]:
    return [sys.executable, "main.py", *SHORT_RUN, "--dataset", f"folder:{images}", "--outputs", str(outputs), *more]


def run_here(name: str, *arguments: object) -> tuple[int, str]:
    """A command in this process: its exit code and what it wrote on stderr; a traceback counts as code 99."""
    err = io.StringIO()
    sys.argv = [name, *map(str, arguments)]
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(err), warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            run_command(COMMANDS[name])
    except SystemExit as leaving:
        return int(leaving.code or 0), err.getvalue()
    except Exception as error:
        return 99, f"{type(error).__name__}: {error}"


def is_one_clear_line(code: int, err: str) -> bool:
    return code == 2 and err.count("\n") == 1 and err.startswith("error: ") and "Traceback" not in err


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for pattern in DECISIVE
        for file in sorted(folder.glob(pattern))
    }


def only_run(outputs: Path) -> Path:
    (folder,) = outputs.glob("ArcFace_v1*")
    return folder
