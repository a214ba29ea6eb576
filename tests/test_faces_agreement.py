"""Errors where there are several processes: each is told once."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile

import click
import pytest

from marginalia.cli.command_line import run_command
from marginalia.core.errors import InputError, OneRankError
from marginalia.faces.run import require_two_images_each
from marginalia.training.agreement import by_the_first
from marginalia.training.ranks import ALONE, Ranks

from .conftest import HANGS, ROOT

TINY = ("--validation", "0", "--size", "16x16", "--batch-size", "8", "--epochs", "2", "--device", "cpu")


def test_what_one_of_several_processes_meets(capsys, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    for error, expected in ((InputError("all know"), ""), (OneRankError("only I know"), "error: only I know\n")):

        @click.command()
        def command(error=error):
            raise error

        monkeypatch.setattr("sys.argv", ["marginalia"])
        with pytest.raises(SystemExit) as leaving:
            run_command(command)
        assert leaving.value.code == 2
        assert capsys.readouterr().err == expected
    with pytest.raises(InputError, match="batches of 3 images are too small for 2 processes"):
        require_two_images_each(3, Ranks(0, 2))
    require_two_images_each(1, ALONE)


def test_two_processes_through_the_command(noise_album, tmp_path):
    """A sound training; an image that one of them cannot read; a folder that the first cannot make."""
    command = ["-m", "marginalia", "faces", "train", "--data", noise_album, *TINY, "--out"]
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [sys.executable, *launcher, *command, tmp_path / "out"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, complaints(done.stderr)) == (0, [])
    assert len((tmp_path / "out" / "metrics.csv").read_text().splitlines()) == 3
    (noise_album / "p1" / "2.png").write_bytes(b"")
    code, said = as_two_ranks([*command, tmp_path / "other"])
    assert code == 2
    assert sum("2.png cannot be read as an image" in line for line in said) == 1
    assert not (tmp_path / "other" / "run.json").exists()
    code, said = as_two_ranks([*command, noise_album / "p1" / "0.png"])
    assert (code, len(said)) == (2, 1)
    assert "0.png" in said[0]


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
            code = max(process.wait(HANGS / 1000) for process in ranks)
        finally:
            for process in ranks:
                process.kill()
        said.seek(0)
        return code, complaints(said.read())


def test_what_the_first_rank_meets_all_raise(monkeypatch):
    told = []
    monkeypatch.setattr(Ranks, "tell", lambda self, message: told.append(message) or InputError("told"))
    with pytest.raises(InputError, match="told"):
        by_the_first(Ranks(1, 2), lambda: None)

    def refuse():
        raise InputError("refused")

    with pytest.raises(InputError):
        by_the_first(Ranks(0, 2), refuse)
    assert told[0] is None
    assert str(told[1]) == "refused"
