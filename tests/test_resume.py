"""Nothing lost: runs that are stopped go on as if they had not been, and nothing wrong is shown as right."""

from __future__ import annotations

import io
import json
import resource
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from filelock import FileLock

from errors import InputError
from experiment import run_experiment, thinned
from training.arrays import read_arrays
from training.checkpoint import NAME as CHECKPOINT
from training.checkpoint import read_checkpoint
from training.resume import differences
from training.store import fingerprint, read_description, read_run

from .conftest import ROOT


class StopError(Exception):
    """Stands for a power cut."""


@pytest.fixture
def config(tiny):
    return tiny("ArcFace_v2", basemodel="MiniResnet18", epochs=3, batch_size=80)


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory):
    """Folder for the run that nobody interrupted."""
    return tmp_path_factory.mktemp("whole") / "run"


def bytes_of(folder: Path, pattern: str) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.glob(pattern))}


def stop_after(monkeypatch, writes: int, name: str) -> None:
    """Makes the process fail at the given write of files with this ending."""
    import files

    original, count = files.write_whole, 0

    def write(path: Path, content: bytes) -> None:
        nonlocal count
        count += path.name.endswith(name)
        if count > writes:
            raise StopError
        original(path, content)

    for module in ("training.store", "training.checkpoint", "experiment", "viz.movie"):
        monkeypatch.setattr(sys.modules[module], "write_whole", write)


@pytest.mark.parametrize(
    ("writes", "name"), [(0, ".npz"), (1, ".npz"), (0, ".pt"), (1, ".pt"), (2, ".csv"), (1, ".gif")]
)
def test_a_stopped_run_ends_with_the_same_bytes(config, few_digits, whole_run, tmp_path, monkeypatch, writes, name):
    if not whole_run.exists():
        run_experiment(config, few_digits, whole_run)
    with monkeypatch.context() as patch, pytest.raises(StopError):
        stop_after(patch, writes, name)
        run_experiment(config, few_digits, tmp_path / "run")
    run_experiment(config, few_digits, tmp_path / "run")
    for pattern in ("snapshots/*.npz", "*.gif", "metrics.csv", "frames/*.png"):
        assert bytes_of(tmp_path / "run", pattern) == bytes_of(whole_run, pattern)
        assert bytes_of(whole_run, pattern)


def test_a_finished_run_says_so_and_stays(config, few_digits, tmp_path, capsys):
    run_experiment(config, few_digits, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.name not in ("log.txt", ".lock")}
    capsys.readouterr()
    run_experiment(config, few_digits, tmp_path)
    assert "finished already" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in before if path.exists()} == before
    run_experiment(config, few_digits, tmp_path, overwrite=True)
    assert (tmp_path / "run.json").stat().st_mtime_ns > before[tmp_path / "run.json"]


def test_other_settings_are_listed(config, few_digits, tmp_path):
    run_experiment(config, few_digits, tmp_path)
    other = replace(config, training=replace(config.training, epochs=4, seed=9))
    with pytest.raises(InputError, match=r"epochs was 3, now 4; config.training.seed was 0, now 9") as caught:
        run_experiment(other, few_digits, tmp_path)
    assert "--overwrite" in str(caught.value)


def test_a_finished_run_without_its_gif_is_only_drawn(config, few_digits, tmp_path):
    run_experiment(config, few_digits, tmp_path)
    gif = (tmp_path / "test.gif").read_bytes()
    written = (tmp_path / "snapshots" / "epoch_03.npz").stat().st_mtime_ns
    (tmp_path / "test.gif").unlink()
    run_experiment(config, few_digits, tmp_path)
    assert (tmp_path / "test.gif").read_bytes() == gif
    assert (tmp_path / "snapshots" / "epoch_03.npz").stat().st_mtime_ns == written


def test_changed_images_are_noticed(harmed, few_digits):
    config, folder = harmed
    other = replace(few_digits, test=replace(few_digits.test, images=255 - few_digits.test.images))
    with pytest.raises(InputError, match="images was"):
        run_experiment(config, other, folder)


@pytest.mark.parametrize("name", ["run.json", "snapshots/epoch_02.npz"])
def test_a_finished_run_that_lacks_a_file_is_not_trained_again_unasked(config, few_digits, tmp_path, name):
    run_experiment(config, few_digits, tmp_path)
    (tmp_path / name).unlink()
    gif = (tmp_path / "test.gif").read_bytes()
    with pytest.raises(InputError, match="run.json is missing" if name == "run.json" else "3 of the run's 4"):
        run_experiment(config, few_digits, tmp_path)
    assert (tmp_path / "test.gif").read_bytes() == gif
    assert (tmp_path / "snapshots" / "epoch_03.npz").exists()


def test_overwriting_leaves_other_files_alone(config, few_digits, tmp_path):
    run_experiment(config, few_digits, tmp_path)
    (tmp_path / "mine.png").write_text("the user's own")
    run_experiment(config, few_digits, tmp_path, overwrite=True)
    assert (tmp_path / "mine.png").exists()


@pytest.mark.parametrize("count", [1, 3, 20, 21, 100, 399])
def test_a_stop_draws_few_frames_and_the_last(count):
    span = thinned(count)
    assert span[-1] == count - 1
    assert len(span) <= 20


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


@pytest.fixture(scope="module")
def unfinished(tmp_path_factory, few_digits, config_file):
    """A run of three epochs that was stopped after the second."""
    from training.config import RunConfig

    file = config_file
    config = RunConfig(
        name="softmax", lossname="softmax", margin=file.margin("softmax"), data=file.data,
        model=replace(file.model, basemodel="MiniResnet18"),
        training=replace(file.training, epochs=3, batch_size=80), optimizer=file.optimizers["adamw"],
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("unfinished") / "softmax"
    with pytest.MonkeyPatch.context() as patch, pytest.raises(StopError):
        stop_after(patch, 3, ".npz")
        run_experiment(config, few_digits, folder)
    return config, folder


@pytest.fixture
def harmed(unfinished, tmp_path):
    """A copy of it, to be harmed."""
    config, folder = unfinished
    return config, Path(shutil.copytree(folder, tmp_path / "softmax"))


def mark_of(folder: Path) -> bytes:
    return fingerprint(read_description(folder))


@pytest.mark.parametrize("harm", ["empty", "truncate", "flip", "other"])
def test_a_damaged_checkpoint(harmed, few_digits, harm):
    config, folder = harmed
    path = folder / CHECKPOINT
    content = bytearray(path.read_bytes())
    if harm == "flip":
        content[len(content) // 2] ^= 4
    new = {"empty": b"", "truncate": bytes(content[: len(content) // 2]), "flip": bytes(content), "other": None}[harm]
    if new is None:
        torch.save({"steps_done": 4}, path)
    else:
        path.write_bytes(new)
    snapshots = bytes_of(folder, "snapshots/*")
    with pytest.raises(InputError, match=r"checkpoint\.pt is damaged"):
        run_experiment(config, few_digits, folder)
    assert bytes_of(folder, "snapshots/*") == snapshots


def test_a_checkpoint_runs_no_code(harmed, tmp_path):
    class Malice:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "executed",))

    _, folder = harmed
    torch.save({"run": "", "steps_done": Malice()}, folder / CHECKPOINT)
    with pytest.raises(InputError, match="damaged"):
        read_checkpoint(folder, mark_of(folder))
    assert not (tmp_path / "executed").exists()


def test_a_missing_checkpoint_does_not_start_anew_unasked(harmed, few_digits):
    config, folder = harmed
    (folder / CHECKPOINT).unlink()
    with pytest.raises(InputError, match=r"checkpoint\.pt is missing"):
        run_experiment(config, few_digits, folder)


def test_a_missing_snapshot_is_noticed(harmed, few_digits):
    config, folder = harmed
    (folder / "snapshots" / "epoch_01.npz").unlink()
    with pytest.raises(InputError, match="2 of the 3 snapshots"):
        run_experiment(config, few_digits, folder)


def test_a_snapshot_of_another_run_is_noticed(harmed, tiny, few_digits, tmp_path):
    _, folder = harmed
    run_experiment(tiny("CosFace_v1", basemodel="MiniResnet18"), few_digits, tmp_path / "other")
    shutil.copy(tmp_path / "other" / "snapshots" / "epoch_01.npz", folder / "snapshots")
    with pytest.raises(InputError, match=r"epoch_01\.npz .* belongs to another run"):
        read_run(folder)


def test_an_edited_description_is_noticed(harmed):
    _, folder = harmed
    text = (folder / "run.json").read_text().replace('"m1": 1.0', '"m1": 2.0')
    (folder / "run.json").write_text(text)
    with pytest.raises(InputError, match=r"run\.json was changed"):
        read_run(folder)


def npz_with(path: Path, header: bytes, content: bytes, compression: int = zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("a.npy", header + content)


def npy_header(shape: str, descr: str = "<f4") -> bytes:
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


def test_plain_arrays_are_read(tmp_path):
    np.savez(tmp_path / "a.npz", a=np.arange(6, dtype=np.float32).reshape(2, 3), b=np.float64(2))
    arrays = read_arrays(tmp_path / "a.npz")
    assert arrays["a"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert float(arrays["b"]) == 2


@pytest.mark.parametrize("harm", ["huge shape", "negative shape", "bomb", "objects", "short"])
def test_a_small_file_cannot_ask_for_much_memory(tmp_path, harm):
    path = tmp_path / "a.npz"
    if harm == "huge shape":
        npz_with(path, npy_header("(3000000000,)"), b"\0" * 10_000)
    elif harm == "negative shape":
        npz_with(path, npy_header("(-1, -2500)"), b"\0" * 10_000)
    elif harm == "bomb":
        npz_with(path, npy_header("(25000000,)"), b"\0" * 100_000_000, zipfile.ZIP_DEFLATED)
    elif harm == "objects":
        packed = io.BytesIO()
        np.save(packed, np.array([{}], dtype=object), allow_pickle=True)
        npz_with(path, packed.getvalue(), b"")
    else:
        npz_with(path, npy_header("(3,)"), b"\0" * 8)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ValueError, match=r"claims|compressed|plain"):
        read_arrays(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


SLOW_RUN = ["--lossname", "softmax", "--basemodel", "MiniResnet18", "--epochs", "400", "--batch-size", "16"]


def start(outputs: Path, digit_folder: Path, *arguments: str, **settings) -> subprocess.Popen[str]:
    command = [sys.executable, "main.py", *SLOW_RUN, "--dataset", f"folder:{digit_folder}", "--outputs", str(outputs)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([*command, *arguments], cwd=ROOT, **pipes, **settings)


def wait_for(pattern: str, outputs: Path, count: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while len(list(outputs.glob(pattern))) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_ctrl_c_keeps_what_there_is_and_says_how_to_go_on(tmp_path, digit_folder):
    process = start(tmp_path, digit_folder, "--overwrite")
    wait_for("*/snapshots/*.npz", tmp_path, 3, process)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert time.monotonic() - began < 4, "two seconds are promised on a quiet machine"
    assert process.returncode == 130
    assert err.startswith("error: stopped; what was computed is kept; go on with: ")
    assert f"{sys.executable} main.py --lossname softmax" in err
    assert "--overwrite" not in err
    (folder,) = (path.parent for path in tmp_path.glob("*/run.json"))
    assert (folder / "train.gif").exists()
    assert len(read_run(folder).snapshots) >= 3


def test_a_full_disk_is_one_line_and_what_was_there_stays(tmp_path, digit_folder):
    """RLIMIT_FSIZE stands for the disk: the checkpoint is the first file that does not fit."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    process = start(tmp_path, digit_folder, preexec_fn=limit)
    _, err = process.communicate(timeout=60)
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


def test_run_json_can_name_no_folder_outside(run, harmed):
    _, folder = harmed
    content = json.loads((folder / "run.json").read_text())
    content["name"] = "../../../escaped"
    (folder / "run.json").write_text(json.dumps(content))
    code, _, err = run("create_gif.py", "--lossname", "softmax", "--outputs", folder.parent)
    assert (code, err.count("\n")) == (2, 1)
    assert not list(folder.parent.parent.glob("**/escaped*"))
