"""What is lost when a training of faces fails or is stopped: nothing."""

from __future__ import annotations

import csv
import errno
import json
import shutil
from dataclasses import replace

import pytest
import torch

from marginalia.cli import face_training as running
from marginalia.core.errors import InputError
from marginalia.data.images import USUAL
from marginalia.faces.embedder import load_model
from marginalia.faces.folder import read_folder
from marginalia.faces.learner import FaceLearner
from marginalia.faces.recipe import recipe_named
from marginalia.faces.run_file import RunFile


def epochs_of(out) -> list[float]:
    with (out / "metrics.csv").open() as file:
        return [float(row["epoch"]) for row in csv.DictReader(file)]


def files_of(out) -> dict[str, bytes]:
    """All but the log, which only grows, and what a stopped training left beside the checkpoint that counts."""
    kept = json.loads((out / "run.json").read_text())["checkpoint"]
    files = [*out.glob("*.*"), *(out / "checkpoints" / kept).iterdir()]
    return {str(path.relative_to(out)): path.read_bytes() for path in files if path.name != "log.txt"}


@pytest.mark.parametrize("workers", [0, 1])
def test_a_training_that_failed_before_its_first_checkpoint_is_not_in_the_way(
    train_faces, noise_album, tmp_path, workers
):
    sound = (noise_album / "p1" / "2.png").read_bytes()
    (noise_album / "p1" / "2.png").write_bytes(b"")
    code, _, err = train_faces("--validation", 0, "--workers", workers)
    assert (code, err.count("\n")) == (2, 1)
    assert err.startswith(f"error: {noise_album}/p1/2.png cannot be read as an image")
    assert not (tmp_path / "out" / "run.json").exists()
    (noise_album / "p1" / "2.png").unlink()
    assert train_faces("--validation", 0)[0] == 0
    (noise_album / "p1" / "2.png").write_bytes(sound)
    assert "another images" in train_faces("--validation", 0)[2]


def test_what_is_overwritten_stays_until_something_takes_its_place(train_faces, noise_album, tmp_path):
    assert train_faces("--validation", 0)[0] == 0
    before = files_of(tmp_path / "out")
    assert train_faces("--validation", 0, "--overwrite", "--head", "AdaCos", "--sample-rate", 0.5)[0] == 2
    assert files_of(tmp_path / "out") == before
    shutil.copytree(noise_album, tmp_path / "whole")
    (noise_album / "p0" / "0.png").write_bytes(b"")
    assert train_faces("--validation", 0, "--overwrite", "--seed", 1)[0] == 2
    assert files_of(tmp_path / "out") == before
    shutil.copy(tmp_path / "whole" / "p0" / "0.png", noise_album / "p0" / "0.png")
    assert train_faces("--validation", 0, "--overwrite", "--seed", 1)[0] == 0
    after = files_of(tmp_path / "out")
    assert after.keys() == before.keys()
    assert after["run.json"] != before["run.json"]
    assert epochs_of(tmp_path / "out") == [1, 2, 3]


def test_what_is_overwritten_stays_when_its_successor_cannot_be_written(train_faces, tmp_path, monkeypatch):
    assert train_faces("--validation", 0)[0] == 0
    before = files_of(tmp_path / "out")

    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    with monkeypatch.context() as patched:
        patched.setattr("marginalia.faces.checkpoint.write_tensors", full)
        code, _, err = train_faces("--validation", 0, "--overwrite", "--seed", 1)
    assert (code, err.count("\n")) == (2, 1)
    assert "No space left on device" in err
    assert files_of(tmp_path / "out") == before
    assert train_faces("--validation", 0)[1].startswith("finished already")
    assert files_of(tmp_path / "out") == before


@pytest.mark.parametrize("more", [(), ("--overwrite",)])
def test_what_is_no_training_of_faces_is_left_alone(train_faces, tmp_path, more):
    out = tmp_path / "out"
    out.mkdir()
    (out / "metrics.csv").write_text("mine")
    for content in (None, '{"lossname": "softmax"}'):
        if content:
            (out / "run.json").write_text(content)
        code, _, err = train_faces("--validation", 0, *more)
        assert (code, err.count("\n")) == (2, 1)
        assert "something else than a training of faces; choose another --out" in err
        assert (out / "metrics.csv").read_text() == "mine"
        assert sorted(path.name for path in out.iterdir() if content) in ([], [".lock", "metrics.csv", "run.json"])


@pytest.mark.parametrize("stopped_at", [1, 2])
def test_ctrl_c_while_a_checkpoint_is_written(train_faces, tmp_path, monkeypatch, stopped_at):
    saved = []
    save = running.save

    def interrupted(*arguments):
        saved.append(arguments)
        if len(saved) == stopped_at:
            raise KeyboardInterrupt
        save(*arguments)

    monkeypatch.setattr(running, "save", interrupted)
    code, _, err = train_faces("--validation", 0)
    assert (code, err.count("\n")) == (130, 1)
    assert ("begin anew" if stopped_at == 1 else "go on with") in err
    assert train_faces("--validation", 0)[0] == 0
    assert epochs_of(tmp_path / "out") == [1, 2, 3]


def test_weights_that_overflow_in_the_last_step_of_an_epoch_are_not_saved(train_faces, tmp_path, monkeypatch):
    assert train_faces("--validation", 0.5)[0] == 0
    before = files_of(tmp_path / "out")
    step = FaceLearner.step

    def overflows(self, batch):
        loss = step(self, batch)
        with torch.no_grad():
            next(self.head.parameters()).fill_(torch.inf)
        return loss

    monkeypatch.setattr(FaceLearner, "step", overflows)
    code, _, err = train_faces("--validation", 0.5, "--batch-size", 8, "--overwrite")
    assert (code, err.count("\n")) == (2, 1)
    assert "the weights are not finite after step 1; what was saved until then is kept" in err
    assert files_of(tmp_path / "out") == before


def test_a_model_that_is_not_finite_gives_no_figures(train_faces, noise_album, tmp_path):
    assert train_faces("--validation", 0)[0] == 0
    model = load_model(tmp_path / "out", torch.device("cpu"))
    with torch.no_grad():
        next(model.backbone.parameters()).fill_(torch.nan)
    with pytest.raises(InputError, match="out gives features that are not finite"):
        model.embed(read_folder(noise_album).paths(), USUAL, flipped=False)


def test_a_rate_that_is_far_too_high_keeps_the_training_before(train_faces):
    code, _, err = train_faces("--validation", 0, "--lr", 1e9)
    assert (code, err.count("\n")) == (2, 1)
    assert "what was saved until then is kept; try a lower --lr" in err
    assert train_faces("--validation", 0)[0] == 0
    assert train_faces("--validation", 0, "--lr", 1e9, "--overwrite")[0] == 2
    assert "finished already" in train_faces("--validation", 0)[1]


def test_weights_of_another_training_are_refused(train_faces, tmp_path):
    assert train_faces("--validation", 0)[0] == 0
    other = tmp_path / "other"
    assert train_faces("--validation", 0, "--seed", 1, "--out", other)[0] == 0
    mine = next((tmp_path / "out").rglob("backbone.safetensors"))
    shutil.copy(next(other.rglob("backbone.safetensors")), mine)
    with pytest.raises(InputError, match=r"backbone\.safetensors belongs to another training than run\.json"):
        load_model(tmp_path / "out", torch.device("cpu"))


def test_every_setting_that_differs_is_named(train_faces):
    assert train_faces("--validation", 0)[0] == 0
    code, _, err = train_faces("--validation", 0, "--lr", 0.01, "--s", 9, "--seed", 3)
    assert (code, err.count("\n")) == (2, 1)
    assert "another s (64, not 9), lr (0.05, not 0.01), seed (0, not 3); choose another --out" in err


def test_folders_that_are_no_checkpoints_are_left_alone(train_faces, tmp_path):
    mine = tmp_path / "out" / "checkpoints" / "20240131" / "mine.pt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    code, _, err = train_faces("--validation", 0)
    assert (code, err.count("\n")) == (2, 1)
    assert "something else than a training of faces" in err and mine.read_text() == "mine"


def test_a_training_of_before_has_the_fingerprint_that_it_had():
    """As commit bd68d71 gave it; what came later counts only where it is not as usual."""
    recipe = recipe_named("small", {})
    before = RunFile(2, "CosFace", {"w_norm": True, "s": 8.0}, recipe, 0, "fp32", ["Ann"], ["Bob"], "00")
    assert before.fingerprint.hex() == "314d3c62dc9d64cba8b294e14d85d35e"
    for changed in (replace(before, recipe=replace(recipe, ema=0.9)), replace(before, numbered=True)):
        assert changed.fingerprint != before.fingerprint
    assert replace(before, best=0.5, steps_done=9).fingerprint == before.fingerprint
