"""What several tests need: a few hundred genuine digits, and the commands run in this process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import create_gif
import main
from command_line import run_command
from data.dataset import Dataset
from data.mnist import load_mnist
from faces.commands import faces
from training.config import RunConfig
from training.config_file import ConfigFile, read_config

ROOT = Path(__file__).parent.parent
COMMANDS = {"main.py": main.main, "create_gif.py": create_gif.main, "faces.py": faces}

Answer = tuple[int, str, str]


@pytest.fixture(scope="session")
def mnist() -> Dataset:
    return load_mnist()


@pytest.fixture(scope="session")
def few_digits(mnist: Dataset) -> Dataset:
    """320 training and 100 test images of the genuine MNIST, every class among them."""
    return Dataset("few", mnist.class_names, mnist.train.sample(320, 1), mnist.test.sample(100, 1))


@pytest.fixture(scope="session")
def config_file() -> ConfigFile:
    return read_config(ROOT / "config.json")


@pytest.fixture
def tiny(config_file: ConfigFile) -> Callable[..., RunConfig]:
    """A run of two short epochs: tiny("CosFace_v1", basemodel="MiniResnet18", epochs=3)."""

    def make(lossname: str, **settings: object) -> RunConfig:
        sections = {}
        for section in ("data", "model", "training"):
            before = getattr(config_file, section)
            base = {"epochs": 2, "batch_size": 64} if section == "training" else {}
            mine = {key: value for key, value in settings.items() if hasattr(before, key)}
            sections[section] = replace(before, **(base | mine))
        return RunConfig(
            name=lossname,
            lossname=lossname,
            loss=config_file.loss(lossname),
            optimizer=config_file.optimizers[sections["training"].optimizer],
            **sections,
        )

    return make


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Runs a command as the shell would: run("main.py", "--lossname", "softmax") -> (exit code, stdout, stderr)."""

    def call(command: str, *arguments: object) -> Answer:
        monkeypatch.setattr(sys, "argv", [command, *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as leaving:
            run_command(COMMANDS[command])
        out, err = capsys.readouterr()
        return int(leaving.value.code or 0), out, err

    return call


@pytest.fixture(scope="session")
def digit_folder(mnist: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Genuine digits as a user's folder: three classes of 40 PNGs each."""
    folder = tmp_path_factory.mktemp("digits")
    for label, name in enumerate(("naught", "one", "$2<")):
        (folder / name).mkdir()
        for number, index in enumerate(np.flatnonzero(mnist.train.labels == label)[:40]):
            Image.fromarray(mnist.train.images[index]).save(folder / name / f"{number}.png")
    return folder
