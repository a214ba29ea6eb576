"""Nothing lost: runs that are stopped go on as if they had not been, and nothing wrong is shown as right."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from filelock import FileLock

from marginalia.cli.experiment import run_experiment, thinned
from marginalia.core.errors import InputError
from marginalia.record.run_files import clear
from marginalia.training.resume import differences

from .stopping import StopError, bytes_of, snapshot_at, stop_after


@pytest.fixture
def config(tiny):
    return tiny("ArcFace_v2", basemodel="MiniResnet18", epochs=3, batch_size=80)


@pytest.fixture(scope="module")
def place_of_whole_run(tmp_path_factory):
    return tmp_path_factory.mktemp("whole") / "run"


@pytest.fixture
def whole_run(config, few_digits, place_of_whole_run):
    """The folder of the run that nobody interrupted, trained once."""
    if not place_of_whole_run.exists():
        run_experiment(config, few_digits, place_of_whole_run)
    return place_of_whole_run


@pytest.fixture
def finished(whole_run, tmp_path):
    """A copy of it, to be harmed."""
    return Path(shutil.copytree(whole_run, tmp_path / "run"))


@pytest.mark.parametrize(
    ("writes", "name"), [(0, ".npz"), (1, ".npz"), (0, ".pt"), (1, ".pt"), (2, ".csv"), (1, ".gif")]
)
def test_a_stopped_run_ends_with_the_same_bytes(config, few_digits, whole_run, tmp_path, monkeypatch, writes, name):
    with monkeypatch.context() as patch, pytest.raises(StopError):
        stop_after(patch, writes, name)
        run_experiment(config, few_digits, tmp_path / "run")
    run_experiment(config, few_digits, tmp_path / "run")
    for pattern in ("snapshots/*.npz", "*.gif", "metrics.csv", "frames/*.png"):
        assert bytes_of(tmp_path / "run", pattern) == bytes_of(whole_run, pattern)
        assert bytes_of(whole_run, pattern)


def test_a_finished_run_says_so_and_stays(config, few_digits, finished, capsys):
    before = {path: path.stat().st_mtime_ns for path in finished.rglob("*") if path.name not in ("log.txt", ".lock")}
    capsys.readouterr()
    run_experiment(config, few_digits, finished)
    assert "finished already" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in before if path.exists()} == before
    run_experiment(config, few_digits, finished, overwrite=True)
    assert (finished / "run.json").stat().st_mtime_ns > before[finished / "run.json"]


def test_other_settings_are_listed(config, few_digits, finished):
    other = replace(config, training=replace(config.training, epochs=4, seed=9))
    with pytest.raises(InputError, match=r"epochs was 3, now 4; settings.training.seed was 0, now 9") as caught:
        run_experiment(other, few_digits, finished)
    assert "--overwrite" in str(caught.value)


def test_a_finished_run_without_its_gif_is_only_drawn(config, few_digits, finished):
    gif = (finished / "test.gif").read_bytes()
    written = snapshot_at(finished, "03").stat().st_mtime_ns
    (finished / "test.gif").unlink()
    run_experiment(config, few_digits, finished)
    assert (finished / "test.gif").read_bytes() == gif
    assert snapshot_at(finished, "03").stat().st_mtime_ns == written


@pytest.mark.parametrize("name", ["run.json", "02"])
def test_a_finished_run_that_lacks_a_file_is_not_trained_again_unasked(config, few_digits, finished, name):
    (snapshot_at(finished, name) if name.isdigit() else finished / name).unlink()
    gif = (finished / "test.gif").read_bytes()
    with pytest.raises(InputError, match="run.json is missing" if name == "run.json" else "3 of the run's 4"):
        run_experiment(config, few_digits, finished)
    assert (finished / "test.gif").read_bytes() == gif
    assert snapshot_at(finished, "03").exists()


OTHERS = (
    "mine.png", "notes.tmp", "frames/draft.tmp", "frames/my_epoch_01.png", "test_epoch_notes.txt", "train.gif.bak",
    "snapshots/epoch_best.npz", "snapshots/mine.npz", "slides/test.gif", "run.json.tmp",
)  # fmt: skip
WRITTEN = (
    "run.json.123.tmp", "frames/test_epoch_09.png", "slide_train_epoch_09.50_step_12.pdf", "snapshots/epoch_09.npz",
    "turn_test.webp", "checkpoint.pt.9.tmp", "plain_test_last.png", "snapshots/epoch_09_step_8.npz.77.tmp",
)  # fmt: skip


def test_overwriting_removes_what_the_run_wrote_and_nothing_else(config, few_digits, finished):
    (finished / "slides").mkdir()
    for name in (*OTHERS, *WRITTEN):
        (finished / name).write_text("what was here before")
    run_experiment(config, few_digits, finished, overwrite=True)
    assert [name for name in OTHERS if not (finished / name).exists()] == []
    assert [name for name in WRITTEN if (finished / name).exists()] == []


def test_everything_that_is_written_is_known_as_the_runs_own(config, few_digits, finished):
    clear(finished)
    assert [path.name for path in finished.rglob("*") if path.is_file() and path.name not in (".lock", "log.txt")] == []


def test_what_is_told_while_training(config, few_digits, tmp_path, capsys):
    """No loss before the first step; hundredths of an epoch where there are several pictures in one."""
    run_experiment(config, few_digits, tmp_path / "whole")
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  epoch")]
    assert re.fullmatch(r"  epoch 0\.0  test \d+\.\d\d %", lines[0])
    assert re.fullmatch(r"  epoch 1\.0  loss \d\.\d{3}  test \d+\.\d\d %", lines[1])
    many = replace(config, training=replace(config.training, epochs=1, snapshots=4))
    run_experiment(many, few_digits, tmp_path / "parts")
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  epoch")]
    assert [line.split()[1] for line in lines] == ["0.00", "0.25", "0.50", "0.75", "1.00"]


@pytest.mark.parametrize("count", [1, 3, 20, 21, 100, 399])
def test_a_stop_draws_few_frames_and_the_last(count):
    span = thinned(count)
    assert span[-1] == count - 1
    assert len(span) <= 8


def test_differences_of_nested_objects():
    assert differences({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}, "d": 4}) == [("a.c", 2, 3), ("d", None, 4)]


def test_two_runs_into_one_folder(config, few_digits, tmp_path):
    with FileLock(tmp_path / ".lock"), pytest.raises(InputError, match="another process"):
        run_experiment(config, few_digits, tmp_path)
    run_experiment(config, few_digits, tmp_path)


def test_the_log_has_what_a_bug_report_needs(config, few_digits, tmp_path, capsys):
    run_experiment(config, few_digits, tmp_path, verbose=True)
    log = (tmp_path / "log.txt").read_text()
    for part in (torch.__version__, "'seed': 0", "'m2': 0.2", "epoch 3", "machine", "python "):
        assert part in log
    assert "epoch 3" in capsys.readouterr().err
