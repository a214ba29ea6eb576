"""The commands away from the checkout: by `python -m`, from another folder, installed, without an extra."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from marginalia.config.places import config_path, data_path, outputs_path
from marginalia.core import run_log
from marginalia.core.version import VERSION

from .conftest import ROOT


def python(*words: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *map(str, words)]
    return subprocess.run(command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The package as a wheel leaves it: without the checkout around it, config.json within."""
    site = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "marginalia", site / "marginalia", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "config.json", site / "marginalia" / "config")
    for name in ("main.py", "config.json", "pyproject.toml"):  # another project's, whose folder this might be
        (site / name).write_text("{}")
    return site


def test_the_commands_of_the_module():
    done = python("-m", "marginalia", "--help", cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    for name in ("train", "draw", "faces"):
        assert f"\n  {name} " in done.stdout
        assert python("-m", "marginalia", name, "--help", cwd=ROOT).returncode == 0
    assert python("-m", "marginalia", "--version", cwd=ROOT).stdout == f"marginalia, version {VERSION}\n"
    done = python("-m", "marginalia", "trian", cwd=ROOT)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_defaults_lie_in_the_checkout_wherever_the_command_starts(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert (config_path(), outputs_path(), data_path("auto")) == (Path("config.json"), Path("outputs"), Path("data"))
    monkeypatch.chdir(tmp_path)
    assert (config_path(), outputs_path()) == (ROOT / "config.json", ROOT / "outputs")
    assert (data_path("auto"), data_path("mine")) == (ROOT / "data", Path("mine"))
    done = python(ROOT / "create_gif.py", "--lossname", "no such run", cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"in {ROOT / 'outputs'};" in done.stderr


def test_installed_it_trains_and_draws_in_the_current_folder(installed, tmp_path, digit_folder):
    words = ("train", "--lossname", "softmax", "--dataset", f"folder:{digit_folder}", "--basemodel", "MiniResnet18")
    done = python("-m", "marginalia", *words, "--epochs", 1, cwd=tmp_path, PYTHONPATH=str(installed))
    assert (done.returncode, done.stderr) == (0, "")
    (folder,) = (tmp_path / "outputs").iterdir()
    (folder / "test.gif").unlink()
    words = ("draw", "--lossname", folder.name, "--split", "test")
    done = python("-m", "marginalia", *words, cwd=tmp_path, PYTHONPATH=str(installed))
    assert (done.returncode, done.stderr) == (0, "")
    assert (folder / "test.gif").exists()
    code = (
        "from pathlib import Path; import marginalia as mg\n"
        "from marginalia.config.places import config_path, data_path\n"
        "print(config_path(), data_path('auto'), len(mg.presets()), mg.read(next(Path('outputs').iterdir())))"
    )
    done = python("-c", code, cwd=tmp_path, PYTHONPATH=str(installed), XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert (done.returncode, done.stderr) == (0, "")
    assert str(installed / "marginalia" / "config" / "config.json") in done.stdout
    assert "2 snapshots to epoch 1, 3 classes, 2 dimensions; points: train 99, test 21" in done.stdout


@pytest.mark.parametrize(
    ("package", "words", "extra"),
    [
        ("torch", ("train", "--lossname", "softmax"), "train"),
        ("torch", ("faces", "train", "--data", "."), "train"),
        ("pptx", ("draw", "--deck", "losses.pptx", "--lossname", "softmax"), "deck"),
    ],
)
def test_an_extra_that_is_missing_is_named_in_one_line(package, words, extra, tmp_path):
    code = (
        f"import sys; sys.modules[{package!r}] = None; sys.argv[1:] = {list(words)!r}\n"
        "from marginalia.cli.command_line import run_command\n"
        "from marginalia.cli.group import marginalia\n"
        "run_command(marginalia)"
    )
    done = python("-c", code, cwd=ROOT)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"{package} is not installed" in done.stderr
    assert f"pip install 'marginalia-viz[{extra}]'" in done.stderr


def test_the_command_to_go_on_is_the_one_that_was_typed(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/python")
    monkeypatch.setattr(sys, "argv", ["main.py", "--lossname", "softmax", "--overwrite"])
    assert run_log.command_to_go_on() == "/bin/python main.py --lossname softmax"
    monkeypatch.setattr(sys, "argv", ["/site/marginalia/__main__.py", "train", "--lossname", "a b"])
    assert run_log.command_to_go_on() == "/bin/python -m marginalia train --lossname 'a b'"
    for name, value in {"TORCHELASTIC_RUN_ID": "1", "LOCAL_WORLD_SIZE": "4", "GROUP_WORLD_SIZE": "1"}.items():
        monkeypatch.setenv(name, value)
    torchrun = "/bin/python -m torch.distributed.run"
    assert run_log.command_to_go_on() == f"{torchrun} --nproc-per-node=4 -m marginalia train --lossname 'a b'"
    monkeypatch.setenv("GROUP_WORLD_SIZE", "2")
    assert run_log.command_to_go_on() == "the same torchrun command on every machine, without --overwrite"


def test_the_version_and_the_commit_are_known():
    found = run_log.versions()
    assert found["marginalia"] == VERSION
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    assert bool(head) == bool(found["commit"])
    assert head.startswith(found["commit"].removesuffix("-dirty"))
