"""Bad input: one line on stderr, exit code 2, no traceback, and nothing lost."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ROOT
from .stopping import snapshot_at


@pytest.fixture(autouse=True)
def in_the_project(monkeypatch):
    monkeypatch.chdir(ROOT)


def assert_complaint(answer, *words: object) -> None:
    code, _, err = answer
    assert code == 2, err
    assert err.count("\n") == 1, err
    assert err.startswith("error: ")
    for word in words:
        assert str(word) in err


MAIN = {
    "unknown loss": (["--lossname", "cosface_v1"], "did you mean CosFace_v1"),
    "no loss": ([], "--lossname is missing"),
    "unknown option": (["--losname", "softmax"], "losname"),
    "word for a number": (["--lossname", "softmax", "--epochs", "many"], "--epochs"),
    "scale of zero": (["--lossname", "softmax", "--s", "0"], "s must be greater than 0"),
    "m1 below one": (["--lossname", "softmax", "--m1", "0.5"], "m1 must be at least 1"),
    "not a number": (["--lossname", "softmax", "--m3", "nan"], "m3 must be a finite number"),
    "no epochs": (["--lossname", "softmax", "--epochs", "0"], "epochs must be at least 0.01"),
    "rate of zero": (["--lossname", "softmax", "--lr", "0"], "lr must be greater than 0"),
    "unknown data set": (["--lossname", "softmax", "--dataset", "cifar"], "unknown data set 'cifar'"),
    "missing image folder": (["--lossname", "softmax", "--dataset", "folder:/no/such"], "/no/such"),
    "missing config": (["--lossname", "softmax", "--config", "/no/such.json"], "/no/such.json"),
    "no points": (["--lossname", "softmax", "--train-points", "0"], "train_points must be at least 1"),
    "bad points": (["--lossname", "softmax", "--train-points", "few"], "--train-points"),
    "unknown encoder": (["--lossname", "softmax", "--basemodel", "VGG"], "LeNet_pp"),
}


@pytest.mark.parametrize("case", MAIN)
def test_main(run, tmp_path, case):
    arguments, complaint = MAIN[case]
    assert_complaint(run("main.py", *arguments, "--outputs", tmp_path / "outputs"), complaint)
    assert not (tmp_path / "outputs").exists()


def test_a_device_that_is_not_there(run, tmp_path):
    import torch

    missing = "mps" if not torch.backends.mps.is_available() else "cuda"
    answer = run("main.py", "--lossname", "softmax", "--device", missing, "--outputs", tmp_path / "outputs")
    assert_complaint(answer, f"--device {missing} is not there", "cpu")


def test_outputs_that_cannot_be_written(run, tmp_path, digit_folder):
    (tmp_path / "file").write_text("in the way")
    answer = run(
        "main.py", "--lossname", "softmax", "--dataset", f"folder:{digit_folder}", "--outputs", tmp_path / "file"
    )
    assert_complaint(answer, tmp_path / "file")
    assert (tmp_path / "file").read_text() == "in the way"


@pytest.mark.parametrize("classes", [0, 1])
def test_a_folder_with_too_few_classes(run, tmp_path, classes):
    (tmp_path / "images").mkdir()
    for number in range(classes):
        (tmp_path / "images" / str(number)).mkdir()
    answer = run("main.py", "--lossname", "softmax", "--dataset", f"folder:{tmp_path / 'images'}")
    assert_complaint(answer, tmp_path / "images", f"{classes} class")


@pytest.fixture(scope="module")
def made_once(digit_folder, tmp_path_factory) -> Path:
    """A small run through the command line, on a folder of genuine digits."""
    outputs = tmp_path_factory.mktemp("made") / "outputs"
    done = subprocess.run(
        [sys.executable, "main.py", "--lossname", "CosFace_v1", "--m3", "0.15", "--dataset",
         f"folder:{digit_folder}", "--epochs", "2", "--batch-size", "32", "--basemodel", "MiniResnet18",
         "--outputs", outputs],
        capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    (folder,) = outputs.iterdir()
    assert (done.returncode, done.stderr) == (0, "")
    assert str(folder / "train.gif") in done.stdout
    return folder


@pytest.fixture
def finished(made_once, tmp_path) -> Path:
    """A copy of that run, to be harmed."""
    return Path(shutil.copytree(made_once, tmp_path / "outputs" / made_once.name))


def test_a_run_is_named_after_what_was_changed(finished):
    assert finished.name.startswith("CosFace_v1_m3-0.15_MiniResnet18_digits")
    assert json.loads((finished / "run.json").read_text())["head"]["spec"]["m3"] == 0.15


def test_other_settings_have_a_folder_of_their_own(run, finished, digit_folder, tmp_path):
    """Those of the command line are in its name; of others, as those of config.json, a digest is."""
    before = files_of(finished)
    words = ["main.py", "--lossname", "CosFace_v1", "--m3", "0.15", "--dataset", f"folder:{digit_folder}"]
    words += ["--epochs", 2, "--batch-size", 32, "--basemodel", "MiniResnet18", "--outputs", finished.parent]
    code, out, err = run(*words, "--seed", 1)
    assert (code, err, "holds a run" in out) == (0, "", False)
    assert (finished.parent / f"{finished.name}_seed1" / "test.gif").exists()
    content = json.loads((ROOT / "config.json").read_text())
    content["optimizers"]["adamw"]["lr"] = 0.001
    (tmp_path / "mine.json").write_text(json.dumps(content))
    code, out, err = run(*words, "--config", tmp_path / "mine.json")
    assert (code, err) == (0, "")
    assert "holds a run with other settings (settings.optimizer.lr was 0.002, now 0.001); this one goes beside" in out
    (beside,) = (path for path in finished.parent.glob(f"{finished.name}_*") if not path.name.endswith("seed1"))
    assert re.fullmatch("[0-9a-f]{8}", beside.name.removeprefix(f"{finished.name}_"))
    assert json.loads((beside / "run.json").read_text())["name"] == beside.name
    code, out, _ = run(*words, "--config", tmp_path / "mine.json")
    assert (code, "finished already" in out) == (0, True)
    code, out, _ = run(*words, "--config", tmp_path / "mine.json", "--overwrite")
    assert (code, "trained in 0 min" in out) == (0, True)
    assert files_of(finished) == before, "only the run of these settings is replaced"
    shutil.rmtree(finished)
    code, out, _ = run(*words, "--config", tmp_path / "mine.json")
    assert (code, f"finished already, in {beside}" in out) == (0, True)


def test_a_damaged_run_is_not_taken_for_another_run(run, finished, digit_folder):
    path = finished / "run.json"
    path.write_text(path.read_text().replace('"seed": 0', '"seed": 8'))
    before = files_of(finished)
    answer = run(
        "main.py", "--lossname", "CosFace_v1", "--m3", "0.15", "--dataset", f"folder:{digit_folder}",
        "--epochs", 2, "--batch-size", 32, "--basemodel", "MiniResnet18", "--outputs", finished.parent,
    )  # fmt: skip
    assert_complaint(answer, finished, "seed was 8, now 0")
    assert files_of(finished) == before
    assert [path.name for path in finished.parent.iterdir()] == [finished.name]


def test_images_that_lie_elsewhere_now_are_the_same_images(run, finished, digit_folder, tmp_path):
    shutil.copytree(digit_folder, tmp_path / digit_folder.name)
    code, out, err = run(
        "main.py", "--lossname", "CosFace_v1", "--m3", "0.15", "--dataset", f"folder:{tmp_path / digit_folder.name}",
        "--epochs", 2, "--batch-size", 32, "--basemodel", "MiniResnet18", "--outputs", finished.parent,
    )  # fmt: skip
    assert (code, err, "finished already" in out) == (0, "", True)


def files_of(folder: Path) -> dict[Path, bytes]:
    """What is in the folder, but for the log, which tells of every try."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "log.txt"}


def test_redrawing(run, finished):
    before = (finished / "test.gif").read_bytes()
    code, _, err = run(
        "create_gif.py", "--lossname", finished.name, "--outputs", finished.parent, "--split", "test",
        "--theme", "dark", "--size", 300, "--start-epoch", 1, "--end-epoch", 2, "--duration", 0.1,
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert (finished / "test.gif").read_bytes() != before


HARMS = {
    "run.json emptied": ("run.json", b"", "run.json"),
    "run.json not JSON": ("run.json", b'{"format": 1', "run.json"),
    "run.json of another shape": ("run.json", b"[1, 2]", "run.json"),
    "snapshot emptied": ("01", b"", "epoch_01_step"),
    "snapshot not a zip": ("01", b"PK\x03\x04 and then nothing", "epoch_01_step"),
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_damaged_run(run, finished, harm):
    name, content, complaint = HARMS[harm]
    (snapshot_at(finished, name) if name.isdigit() else finished / name).write_bytes(content)
    gif = (finished / "train.gif").read_bytes()
    assert_complaint(run("create_gif.py", "--lossname", finished.name, "--outputs", finished.parent), complaint)
    assert (finished / "train.gif").read_bytes() == gif


def test_a_truncated_snapshot(run, finished):
    file = snapshot_at(finished, "02")
    file.write_bytes(file.read_bytes()[:-200])
    assert_complaint(run("create_gif.py", "--lossname", finished.name, "--outputs", finished.parent), file.name)


def test_an_empty_run(run, finished):
    for file in (finished / "snapshots").iterdir():
        file.unlink()
    assert_complaint(run("create_gif.py", "--lossname", finished.name, "--outputs", finished.parent), "snapshots")


def test_a_run_that_does_not_exist(run, finished):
    answer = run("create_gif.py", "--lossname", "nothing", "--outputs", finished.parent)
    assert_complaint(answer, "no run 'nothing'", finished.name)
    assert_complaint(run("create_gif.py", "--lossname", "..", "--outputs", finished), "no run '..'")


def test_epochs_that_the_run_does_not_have(run, finished):
    answer = run("create_gif.py", "--lossname", finished.name, "--outputs", finished.parent, "--start-epoch", 7)
    assert_complaint(answer, "from 0 to 2")


@pytest.mark.parametrize(
    ("option", "value"),
    [("--size", 10), ("--duration", 0), ("--duration", "nan"), ("--theme", "pink"), ("--split", "all")],
)
def test_drawing_options_out_of_range(run, finished, option, value):
    assert_complaint(
        run("create_gif.py", "--lossname", finished.name, "--outputs", finished.parent, option, value), option
    )
