"""Errors where there are several processes: each is told once."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
import torch.distributed as dist

from marginalia.cli.command_line import run_command
from marginalia.cli.face_training import require_two_images_each
from marginalia.core.errors import InputError, OneRankError, OtherRankError
from marginalia.training.agreement import by_the_first, with_all_ranks
from marginalia.training.ranks import ALONE, Ranks

from .conftest import ROOT
from .two_ranks import as_two_ranks, complaints

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
        require_two_images_each(3, 1, Ranks(0, 2))
    require_two_images_each(1, 1, ALONE)


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


def test_what_the_first_rank_meets_all_raise(monkeypatch):
    told = []
    monkeypatch.setattr(Ranks, "broadcast", lambda self, message: told.append(message) or InputError("told"))
    with pytest.raises(InputError, match="told"):
        by_the_first(Ranks(1, 2), lambda: None)

    def refuse():
        raise InputError("refused")

    with pytest.raises(InputError):
        by_the_first(Ranks(0, 2), refuse)
    assert told[0] is None
    assert str(told[1]) == "refused"


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("[gloo/transport/tcp/pair.cc:534] Connection closed by peer"),
        RuntimeError("NCCL Error 2: unhandled system error"),
        dist.DistBackendError("NCCL communicator was aborted on rank 1"),
        dist.DistNetworkError("the client socket has timed out"),
    ],
)
def test_a_lost_rank_is_told_in_one_line_whatever_the_backend(error):
    with pytest.raises(OtherRankError, match="another of the processes stopped"), with_all_ranks(Ranks(1, 2)):
        raise error
    with pytest.raises(type(error)), with_all_ranks(ALONE):
        raise error
    with pytest.raises(RuntimeError, match="shapes"), with_all_ranks(Ranks(1, 2)):
        raise RuntimeError("shapes do not fit")
