"""Errors where there are several processes: each is told once."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from command_line import run_command
from errors import InputError, OneRankError
from faces.agreement import by_the_first
from faces.run import require_two_images_each
from training.ranks import ALONE, Ranks

from .conftest import ROOT


def test_what_one_of_several_processes_meets(capsys, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    for error, expected in ((InputError("all know"), ""), (OneRankError("only I know"), "error: only I know\n")):

        @click.command()
        def command(error=error):
            raise error

        monkeypatch.setattr("sys.argv", ["faces.py"])
        with pytest.raises(SystemExit) as leaving:
            run_command(command)
        assert leaving.value.code == 2
        assert capsys.readouterr().err == expected
    with pytest.raises(InputError, match="batches of 3 images are too small for 2 processes"):
        require_two_images_each(3, Ranks(0, 2))
    require_two_images_each(1, ALONE)


def test_two_processes_through_the_command(noise_album, tmp_path):
    """A sound training; an image that one of them cannot read; a folder that the first cannot make."""

    def train_on_two(out):
        settings = ("--validation", "0", "--size", "16x16", "--batch-size", "8", "--epochs", "2", "--device", "cpu")
        command = (
            "torch.distributed.run",
            "--nproc-per-node",
            "2",
            "faces.py",
            "train",
            "--data",
            noise_album,
            "--out",
            out,
        )
        answer = subprocess.run(
            [sys.executable, "-m", *command, *settings],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        return answer.returncode, [line for line in answer.stderr.splitlines() if line.startswith("error: ")]

    assert train_on_two(tmp_path / "out") == (0, [])
    assert len((tmp_path / "out" / "metrics.csv").read_text().splitlines()) == 3
    (noise_album / "p1" / "2.png").write_bytes(b"")
    code, said = train_on_two(tmp_path / "other")
    assert code == 1
    assert sum("2.png cannot be read as an image" in line for line in said) == 1
    assert not (tmp_path / "other" / "run.json").exists()
    code, said = train_on_two(noise_album / "p1" / "0.png")
    assert code == 1
    assert len(said) == 1
    assert "0.png" in said[0]


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
