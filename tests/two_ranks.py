"""A command in two processes, as torchrun starts them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile

from .conftest import ROOT
from .waiting import LONGEST_WAIT


def complaints(err: str) -> list[str]:
    return [line for line in err.splitlines() if line.startswith("error: ")]


def as_two_ranks(command: list) -> tuple[int, list[str]]:
    """Two processes as torchrun starts them, without waiting for its launcher: the worst code, and all errors."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = os.environ | {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    with tempfile.TemporaryFile("w+") as said:
        pipes = {"stdout": subprocess.DEVNULL, "stderr": said, "cwd": ROOT}
        ranks = [
            subprocess.Popen([sys.executable, *command], env=shared | {"RANK": rank, "LOCAL_RANK": rank}, **pipes)
            for rank in ("0", "1")
        ]
        try:
            code = max(process.wait(LONGEST_WAIT) for process in ranks)
        finally:
            for process in ranks:
                process.kill()
        said.seek(0)
        text = said.read()
        assert "Traceback" not in text, text
        return code, complaints(text)
