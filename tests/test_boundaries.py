"""The data walks one way: drawing never imports torch, training never imports matplotlib."""

import subprocess
import sys

import pytest

from .conftest import ROOT

BLOCK = """
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ImportError(f"{{name}} must not be imported here")
sys.meta_path.insert(0, Block())
sys.path.insert(0, {root!r})
"""
COMMAND = """
from marginalia.cli.command_line import run_command
from marginalia.cli.{command} import {command}
run_command({command})
"""


def python_without(blocked: tuple[str, ...], code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    program = BLOCK.format(blocked=blocked, root=str(ROOT)) + code
    return subprocess.run([sys.executable, "-c", program, *map(str, arguments)], capture_output=True, text=True)


def test_the_block_blocks():
    assert "must not be imported" in python_without(("torch",), "import torch").stderr


def test_create_gif_runs_where_importing_torch_fails(tiny, few_digits, tmp_path):
    from marginalia.cli.experiment import run_experiment

    run_experiment(tiny("softmax", basemodel="MiniResnet18"), few_digits, tmp_path / "softmax")
    (tmp_path / "softmax" / "test.gif").unlink()
    code = COMMAND.format(command="draw")
    done = python_without(("torch", "torchvision"), code, "--lossname", "softmax", "--outputs", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "softmax" / "test.gif").exists()
    run_experiment(tiny("CosFace_v1", basemodel="MiniResnet18"), few_digits, tmp_path / "CosFace_v1")
    for arguments in (
        ("--compare", "softmax", "--compare", "CosFace_v1", "--split", "test"),
        ("--lossname", "softmax", "--layout", "slide", "--format", "mp4", "--split", "test"),
        ("--figure", "target-logits"),
        ("--deck", tmp_path / "losses.pptx", "--lossname", "softmax"),
    ):
        done = python_without(("torch", "torchvision"), code, *arguments, "--outputs", tmp_path)
        assert (done.returncode, done.stderr) == (0, "")


def test_pages_are_made_where_importing_torch_fails():
    code = "import marginalia.cli.pages; from marginalia.data.sources import load_dataset; load_dataset('mnist', None)"
    assert python_without(("torch", "torchvision"), code).stderr == ""


def test_training_runs_where_importing_matplotlib_fails():
    code = "import marginalia.training.loop, marginalia.data.sources"
    assert python_without(("matplotlib",), code).stderr == ""


@pytest.mark.parametrize("command", ["train", "draw"])
def test_help_needs_neither_torch_nor_matplotlib(command):
    code = COMMAND.format(command=command)
    done = python_without(("torch", "matplotlib"), code, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "--lossname" in done.stdout
