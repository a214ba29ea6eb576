"""Sweeps from the command line: a run for every combination, stops, failures, results, the page, a Ray cluster."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from marginalia.cli.sweep import seconds_of
from marginalia.core.errors import InputError
from marginalia.record.store import read_description, read_run
from marginalia.sweeps.on_ray import has_room, packed, unpack
from marginalia.sweeps.results import read_results
from marginalia.sweeps.sweep_file import sweep_of

from .conftest import ROOT
from .stopping import accept_ctrl_c
from .waiting import LONGEST_WAIT, wait_until

GRIDS = [{"lossname": ["softmax"]}, {"lossname": ["CosFace_v1"], "s": [4, 16], "seed": [0, 1]}]


@pytest.fixture
def write(tmp_path, digit_folder):
    """write(grids, epochs=1) -> a sweep file of short runs on the digits of a folder."""

    def make(grids=GRIDS, **base) -> Path:
        usual = {"dataset": f"folder:{digit_folder}", "basemodel": "tiny", "epochs": 1, "snapshots": 1,
                 "batch_size": 16, "precision": "fp32", "device": "cpu"}  # fmt: skip
        path = tmp_path / "mine.json"
        path.write_text(json.dumps({"question": "Does it run?", "base": usual | base, "grids": grids}))
        return path

    return make


def start(path: Path, outputs: Path, *more: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "marginalia", "sweep", path, "--outputs", outputs, *more]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        list(map(str, command)), cwd=ROOT, preexec_fn=accept_ctrl_c, stdout=pipe, stderr=pipe, text=True
    )


def test_every_combination_is_a_run_of_its_own_name(run, write, tmp_path):
    path = write(validation=10)
    code, out, err = run("sweep", path, "--outputs", tmp_path)
    assert (code, err) == (0, "")
    names = ["softmax", "CosFace_v1", "CosFace_v1_seed1", "CosFace_v1_s16", "CosFace_v1_s16_seed1"]
    assert sorted(file.parent.name for file in tmp_path.glob("mine/*/run.json")) == sorted(names)
    results = read_results(tmp_path / "mine" / "results.parquet")
    assert results.varied == ("lossname", "s", "seed")
    for name in names:
        rows = results.where(results.columns["run"] == name)
        with (tmp_path / "mine" / name / "metrics.csv").open() as table:
            found = list(csv.DictReader(table))
        assert rows.columns["validation_accuracy"].tolist() == [float(row["validation_accuracy"]) for row in found]
        assert read_description(tmp_path / "mine" / name).metrics["test_accuracy"] == rows.columns["test_accuracy"][-1]
    code, out, _ = run("sweep", path, "--outputs", tmp_path)
    assert code == 0
    assert "5 runs, 5 of them finished already" in out


def test_any_number_of_a_loss_and_settings_of_two_kinds_may_vary(run, write, tmp_path):
    grids = [{"lossname": ["center"], "weight": [0.5, 2]}, {"lossname": ["center"], "snapshots": ["geometric", 1]}]
    path = write(grids, alpha=0.25)
    assert run("sweep", path, "--outputs", tmp_path)[0] == 0
    names = {file.parent.name for file in tmp_path.glob("mine/*/run.json")}
    assert names == {"center_weight-0.5_alpha-0.25", "center_weight-2_alpha-0.25", "center_alpha-0.25",
                     "center_alpha-0.25_snapshots-geometric"}  # fmt: skip
    last = read_results(tmp_path / "mine" / "results.parquet").last
    assert last.varied == ("weight", "snapshots")
    assert last.columns["weight"].tolist() == [0.5, 2, None, None]
    assert last.columns["snapshots"].tolist() == ["1", "1", "geometric", "1"]
    assert read_description(tmp_path / "mine" / "center_weight-2_alpha-0.25").settings["head"]["weight"] == 2


def test_a_line_that_a_stop_has_cut_does_not_count(tmp_path):
    (tmp_path / "times.csv").write_text("a,2.5,\nb,4.0,no room\nc,1.5,\na,7")
    assert seconds_of({"a", "b", "c"}, tmp_path / "times.csv") == 4.0


def test_a_node_has_room_for_a_run_or_not():
    assert has_room({"CPU": 4.0, "GPU": 1.0}, 2, 0.5)
    assert not has_room({"CPU": 4.0}, 2, 1)
    assert not has_room({"CPU": 4.0, "GPU": 1.0}, 8, 0)


def test_a_run_that_fails_is_told_and_the_others_go_on(run, write, tmp_path):
    (tmp_path / "mine" / "softmax").mkdir(parents=True)
    (tmp_path / "mine" / "softmax" / "run.json").write_text("{")
    code, _, err = run("sweep", write(), "--outputs", tmp_path)
    assert code == 1
    assert "softmax failed" in err
    assert "1 of 5 runs failed: softmax" in err
    assert len(list(tmp_path.glob("mine/CosFace*/run.json"))) == 4


def test_a_process_that_dies_twice_and_an_encoder_that_raises_are_failed_runs(run, write, tmp_path):
    encoder = tmp_path / "mine.py"
    encoder.write_text(
        "import os\n\ndef Dies(dimension, shape):\n    os._exit(1)\n\n"
        "def Raises(dimension, shape):\n    raise RuntimeError('no room')\n"
    )
    grids = [{"lossname": ["softmax"], "basemodel": ["tiny", f"{encoder}:Dies", f"{encoder}:Raises"]}]
    code, _, err = run("sweep", write(grids), "--outputs", tmp_path, "--workers", 2)
    assert code == 1
    assert "2 of 3 runs failed" in err
    assert "its process died twice" in err
    assert "RuntimeError: no room" in err
    assert len(list(tmp_path.glob("mine/*/metrics.csv"))) == 1


WAITS = """import time
from pathlib import Path

from marginalia.models.tiny import Tiny

HERE = Path(__file__).parent


def Waits(dimension, shape):
    encoder = Tiny(dimension, shape)
    encoder.register_forward_pre_hook(wait)
    return encoder


def wait(*_):
    while len(list(HERE.glob("mine/*_seed1/snapshots/*.npz"))) > 2 and not (HERE / "go on").exists():
        time.sleep(0.01)
"""


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_sweep_goes_on(write, tmp_path, sign):
    """What was finished stays as it is; of a run under way at most the last epoch is lost. The encoder waits in the
    second run, so that the stop comes there however slow the test is."""
    (tmp_path / "encoder.py").write_text(WAITS)
    grids = [{"lossname": ["softmax"], "seed": [0, 1, 2]}]
    path = write(grids, epochs=5, basemodel=f"{tmp_path / 'encoder.py'}:Waits")
    process = start(path, tmp_path, "--workers", 1)
    wait_until(lambda: len(list(tmp_path.glob("mine/*_seed1/snapshots/*.npz"))) > 2)
    process.send_signal(sign)
    process.communicate(timeout=LONGEST_WAIT)
    (tmp_path / "go on").touch()
    assert process.returncode in (-signal.SIGKILL, 130)
    done = tmp_path / "mine" / "softmax" / "run.json"
    before = done.stat().st_mtime_ns
    under_way = sorted(tmp_path.glob("mine/*_seed1/snapshots/*.npz"))[:-1]
    times = [file.stat().st_mtime_ns for file in under_way]
    again = start(path, tmp_path, "--workers", 1)
    _, err = again.communicate(timeout=LONGEST_WAIT)
    assert (again.returncode, err) == (0, "")
    assert done.stat().st_mtime_ns == before
    for folder in tmp_path.glob("mine/softmax*"):
        assert len(read_run(folder).snapshots) == 6
    assert [file.stat().st_mtime_ns for file in under_way] == times


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"base": {}, "grids": []}, "question"),
        ({"question": "", "base": {}, "grids": []}, "grids must be a list"),
        ({"question": "", "base": {}, "grids": [{"s": 4}]}, "s must be a list of values"),
        ({"question": "", "base": {}, "grids": [{"s": [4]}]}, "needs a lossname"),
        ({"question": "", "base": {}, "grids": [{"lossname": ["x"], "seed": list(range(10_001))}]}, "more than 10,000"),
    ],
)
def test_a_wrong_file_is_told_in_one_line(content, said):
    with pytest.raises(InputError, match=said):
        sweep_of(content, "mine", "mine.json")


def test_wrong_settings_are_told_before_anything_trains(run, write, tmp_path):
    assert run("sweep", write([{"lossname": ["CosFace"]}]), "--outputs", tmp_path)[0] == 2
    code, _, err = run("sweep", write([{"lossname": ["softmax"], "epoch": [1]}]), "--outputs", tmp_path)
    assert code == 2
    assert "epochs" in err
    code, _, err = run("sweep", write([{"lossname": ["softmax"], "s": [1, 1.0]}]), "--outputs", tmp_path)
    assert code == 2
    assert "are one run" in err
    code, _, err = run("sweep", write([{"lossname": ["center"], "weight": ["much"]}]), "--outputs", tmp_path)
    assert (code, err) == (2, 'error: weight must be a number, not "much"\n')
    code, _, err = run("sweep", write([{"lossname": ["center"], "wieght": [1]}]), "--outputs", tmp_path)
    assert (code, err) == (2, "error: unknown setting 'wieght'; did you mean weight, weight_decay?\n")
    path = write([{"lossname": ["softmax"], "seed": [0, 1]}], dataset=f"folder:{tmp_path / 'nowhere'}")
    code, _, err = run("sweep", path, "--outputs", tmp_path)
    assert (code, err.count("\n")) == (2, 1)
    assert "nowhere" in err
    assert not list(tmp_path.glob("mine/*/run.json"))


def test_the_page_shows_means_and_opens_runs(run, write, tmp_path, new_tab):
    grids = [{"lossname": ["softmax"]}, {"lossname": ["CosFace_v1"], "s": [16], "seed": [0, 1]}]
    assert run("sweep", write(grids, epochs=2), "--outputs", tmp_path, "--pages")[0] == 0
    results = read_results(tmp_path / "mine" / "results.parquet").last
    mean = results.columns["test_accuracy"][results.columns["s"] == 16].mean()
    page = new_tab()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto((tmp_path / "mine" / "sweep.html").as_uri())
    page.select_option("#metric", "test_accuracy")
    page.hover("#maps a[href*=CosFace]")
    page.wait_for_function("() => document.getElementById('name').textContent === 'CosFace_v1, s = 16'")
    assert page.inner_text("#numbers").startswith(f"{100 * mean:.1f}")
    assert page.locator("#curves path.line").count() >= 2
    with page.expect_navigation():
        page.click("#maps a[href*=CosFace]")
    assert page.title().startswith("CosFace_v1_s16")
    assert complaints == []


def test_a_record_takes_the_place_of_what_there_was_and_of_nothing_else(tmp_path, monkeypatch):
    record, place = tmp_path / "record", tmp_path / "place"
    for folder, name in ((record, "epoch_01_step_4.npz"), (place, "epoch_09_step_9.npz")):
        (folder / "snapshots").mkdir(parents=True)
        (folder / "snapshots" / name).write_text(name)
    (record / "run.json").write_text("{}")
    (place / "notes.txt").write_text("mine")
    mode, moved = place.stat().st_mode, []
    replace = Path.replace
    monkeypatch.setattr(Path, "replace", lambda file, there: (moved.append(there.name), replace(file, there)))
    unpack(packed(record), place)
    assert place.stat().st_mode == mode
    assert moved == ["epoch_01_step_4.npz", "run.json"]
    found = sorted(file.relative_to(place).as_posix() for file in place.rglob("*") if file.is_file())
    assert found == ["notes.txt", "run.json", "snapshots/epoch_01_step_4.npz"]
    unpack(packed(tmp_path / "nothing"), tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []


def test_a_node_lost_in_the_middle_of_a_ray_cluster(write, tmp_path):
    """Two nodes of one core each; one is killed when the first run is done. All runs are there at the end."""
    pytest.importorskip("ray", reason="no Ray: pip install -e '.[dev]'")
    ray = [str(Path(sys.executable).with_name("ray")), "start", "--num-cpus=1", "--block"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True,
             "env": os.environ | {"PYTHONPATH": str(ROOT)}}  # fmt: skip
    port = 20_000 + os.getpid() % 10_000
    head = subprocess.Popen([*ray, "--head", f"--port={port}", "--include-dashboard=false"], **quiet)
    address = f"127.0.0.1:{port}"
    try:
        wait_until(lambda: "/1.0 CPU" in status(ray[0], address))
        other = subprocess.Popen([*ray, f"--address={address}"], **quiet)
        wait_until(lambda: "/2.0 CPU" in status(ray[0], address))
        path = write([{"lossname": ["softmax"], "seed": list(range(8))}], epochs=20)
        process = start(path, tmp_path, "--ray", address)
        wait_until(lambda: list(tmp_path.glob("mine/*/run.json")))
        os.killpg(other.pid, signal.SIGKILL)
        other.wait()
        _, err = process.communicate(timeout=LONGEST_WAIT)
        assert process.returncode == 0, err
    finally:
        head.terminate()
        head.wait()
    assert len(list(tmp_path.glob("mine/*/run.json"))) == 8
    for folder in tmp_path.glob("mine/softmax*"):
        assert read_description(folder).finished == 21


def status(ray: str, address: str) -> str:
    return subprocess.run([ray, "status", f"--address={address}"], capture_output=True, text=True).stdout


def test_no_cluster_is_told_in_one_line(run, write, tmp_path):
    pytest.importorskip("ray", reason="no Ray: pip install -e '.[dev]'")
    code, _, err = run("sweep", write(), "--outputs", tmp_path, "--ray", "127.0.0.1:1")
    assert code == 2
    assert err.count("\n") == 1
    assert "ray start --head" in err
