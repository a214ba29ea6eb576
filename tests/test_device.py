"""How a command treats the processor: threads that wait, and the number format that is faster."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch

from marginalia.cli.command_line import limit_spinning
from marginalia.cli.train import run_config
from marginalia.faces.backbones import BACKBONES, meta_backbone
from marginalia.training import device
from marginalia.training.device import uses_bfloat16

from .conftest import ROOT

GROUPED = {"mobilenet_v3_large", "mobilenet_v3_small", "mobilefacenet", "efficientnet_b0"}
CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("before", "after"),
    [({}, "1000"), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "active"}, None)],
    ids=["nothing", "spins", "policy"],
)
def test_what_the_user_says_of_waiting_holds(monkeypatch, before, after):
    for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"):
        monkeypatch.setenv(name, "")  # so that it is put back as it was
        monkeypatch.delenv(name)
    for name, value in before.items():
        monkeypatch.setenv(name, value)
    limit_spinning()
    assert os.environ.get("GOMP_SPINCOUNT") == after


@pytest.mark.skipif(sys.platform != "linux", reason="PyTorch has libgomp on Linux only")
def test_torch_reads_how_long_threads_wait():
    waiting = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
    environment = {name: value for name, value in os.environ.items() if name not in waiting}
    command = [sys.executable, "main.py", "--lossname", "softmax", "--device", "mps"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment | {"OMP_DISPLAY_ENV": "verbose"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "GOMP_SPINCOUNT = '1000'" in done.stderr


@pytest.mark.parametrize("backbone", BACKBONES)
def test_grouped_convolutions_stay_in_float32_on_processors(monkeypatch, backbone):
    monkeypatch.setattr(device, "cpu_has_bfloat16", lambda: True)
    encoder = meta_backbone(backbone, 64, (112, 96))
    assert uses_bfloat16("auto", CPU, encoder) == (backbone not in GROUPED)
    assert uses_bfloat16("bf16", CPU, encoder)
    assert not uses_bfloat16("fp32", CPU, encoder)
    monkeypatch.setattr(device, "cpu_has_bfloat16", lambda: False)
    assert not uses_bfloat16("auto", CPU, encoder)


@pytest.mark.parametrize(("gpus", "expected"), [(0, "cpu"), (0.5, "cuda")])
def test_nodes_of_a_cluster_compute_alike(config_file, gpus, expected):
    config = run_config(config_file, "softmax", {}, quick=False)
    training = device.resolved_for_cluster(config, gpus).training
    assert (training.device, training.precision) == (expected, "fp32")
    asked = run_config(config_file, "softmax", {"device": "cpu", "precision": "bf16"}, quick=False)
    assert device.resolved_for_cluster(asked, gpus) == asked
