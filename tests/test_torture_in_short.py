"""A fast part of `make torture`."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from marginalia.training.image_learner import ImageLearner

from .conftest import ROOT
from .torture.common import SHORT_RUN, digits, run_here
from .torture.generated import generated
from .torture.kills import flat_memory, kills


@pytest.fixture
def images(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(ROOT)
    random.seed(1)
    return digits(tmp_path / "digits", each=20)


def test_two_runs_killed_and_resumed(tmp_path, images):
    assert kills(tmp_path, images, 2, "--epochs", "3") == (2, 0)


def test_made_up_configs_and_command_lines(tmp_path, images):
    code, err = run_here("main.py", *SHORT_RUN, "--dataset", f"folder:{images}", "--outputs", tmp_path / "sound")
    assert code == 0, err
    tried, failed = generated(tmp_path, images, cases=100)
    assert (tried >= 100, failed) == (True, 0)


def test_memory_stays_flat(tmp_path, images):
    assert flat_memory(tmp_path, images, epochs=25) == (1, 0)


@pytest.mark.parametrize("outputs", ["/proc/outputs", "/dev/null/outputs"])
def test_a_place_that_cannot_be_written(run, images, outputs):
    code, _, err = run("main.py", *SHORT_RUN, "--dataset", f"folder:{images}", "--outputs", outputs)
    assert (code, err.count("\n")) == (2, 1)
    assert outputs in err


def test_a_folder_that_vanishes(run, images, tmp_path, monkeypatch):
    original = ImageLearner.step

    def vanish(self, index, *batch):
        if index == 1:
            shutil.rmtree(tmp_path / "outputs")
        return original(self, index, *batch)

    monkeypatch.setattr(ImageLearner, "step", vanish)
    code, _, err = run("main.py", *SHORT_RUN, "--dataset", f"folder:{images}", "--outputs", tmp_path / "outputs")
    assert (code, err.count("\n")) == (2, 1)
    assert "epoch_01_step_" in err
