"""Processes that are stopped from outside: Ctrl-C, a full disk, a loss that fails among others."""

from __future__ import annotations

import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from PIL import Image

from marginalia.cli.experiment import MOST_FRAMES_AT_A_STOP
from marginalia.record.store import read_run
from marginalia.training.checkpoint import NAME as CHECKPOINT

from .conftest import ROOT
from .stopping import accept_ctrl_c
from .waiting import LONGEST_WAIT, wait_until

SLOW_RUN = ["--lossname", "softmax", "--basemodel", "MiniResnet18", "--epochs", "400", "--batch-size", "16"]


def start(outputs: Path, digit_folder: Path, *arguments: str, preexec_fn=accept_ctrl_c) -> subprocess.Popen[str]:
    command = [sys.executable, "main.py", *SLOW_RUN, "--dataset", f"folder:{digit_folder}", "--outputs", str(outputs)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([*command, *arguments], cwd=ROOT, preexec_fn=preexec_fn, **pipes)


def wait_for(pattern: str, outputs: Path, count: int, process: subprocess.Popen[str]) -> None:
    def is_there() -> bool:
        assert process.poll() is None, process.communicate()
        return len(list(outputs.glob(pattern))) >= count

    wait_until(is_there)


def test_ctrl_c_keeps_what_there_is_and_says_how_to_go_on(tmp_path, digit_folder):
    process = start(tmp_path, digit_folder, "--overwrite")
    wait_for("*/snapshots/*.npz", tmp_path, 3, process)
    process.send_signal(signal.SIGSTOP)  # so that it does nothing between the count and the signal
    before = len(list(tmp_path.glob("*/snapshots/*.npz")))
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGCONT)
    _, err = process.communicate(timeout=LONGEST_WAIT)
    assert process.returncode == 130
    assert err.startswith("error: stopped; what was computed is kept; go on with: ")
    assert f"{sys.executable} main.py --lossname softmax" in err
    assert "--overwrite" not in err
    (folder,) = (path.parent for path in tmp_path.glob("*/run.json"))
    assert before <= len(read_run(folder).snapshots) <= before + 1, "it stops with the snapshot it is at"
    for split in ("train", "test"):
        with Image.open(folder / f"{split}.gif") as gif:
            assert gif.n_frames <= MOST_FRAMES_AT_A_STOP


def test_a_full_disk_is_one_line_and_what_was_there_stays(tmp_path, digit_folder):
    """RLIMIT_FSIZE stands for the disk: the checkpoint is the first file that does not fit."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    process = start(tmp_path, digit_folder, preexec_fn=limit)
    _, err = process.communicate(timeout=LONGEST_WAIT)
    assert process.returncode == 2
    assert err.count("\n") == 1
    assert CHECKPOINT in err
    (folder,) = (path.parent for path in tmp_path.glob("*/run.json"))
    assert len(read_run(folder).snapshots) == 2
    assert not list(folder.rglob("*.tmp"))


def test_all_goes_on_when_one_fails(run, tmp_path, digit_folder, monkeypatch):
    monkeypatch.chdir(ROOT)
    arguments = ["--dataset", f"folder:{digit_folder}", "--epochs", "1", "--basemodel", "MiniResnet18"]
    arguments += ["--lossname", "softmax", "--lossname", "CosFace_v1", "--outputs", str(tmp_path)]
    assert run("main.py", *arguments)[0] == 0
    (broken,) = tmp_path.glob("softmax*")
    (whole,) = tmp_path.glob("CosFace_v1*")
    (broken / "run.json").write_text("{")
    shutil.rmtree(whole)
    code, _, err = run("main.py", *arguments)
    assert code == 1
    assert "1 of 2 runs failed: softmax" in err
    assert (whole / "train.gif").exists()
