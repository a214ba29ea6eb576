"""Files that are damaged, missing, another run's or a stranger's: refused, and never shown as right."""

from __future__ import annotations

import io
import json
import resource
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from marginalia.cli.experiment import run_experiment
from marginalia.core.errors import InputError
from marginalia.record.arrays import read_arrays
from marginalia.record.store import read_description, read_run
from marginalia.training.checkpoint import NAME as CHECKPOINT
from marginalia.training.checkpoint import read_checkpoint

from .stopping import StopError, bytes_of, snapshot_at, stop_after


@pytest.fixture(scope="module")
def unfinished(tmp_path_factory, few_digits, config_file):
    """A run of three epochs that was stopped after the second."""
    from marginalia.config.run_config import RunConfig

    file = config_file
    config = RunConfig(
        name="softmax", lossname="softmax", loss=file.loss("softmax"), data=file.data,
        model=replace(file.model, basemodel="MiniResnet18"),
        training=replace(file.training, epochs=3, batch_size=80, snapshots=1), optimizer=file.optimizers["adamw"],
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
    return read_description(folder).fingerprint


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
    snapshot_at(folder, "01").unlink()
    with pytest.raises(InputError, match="2 of the 3 snapshots"):
        run_experiment(config, few_digits, folder)


def test_a_snapshot_of_another_run_is_noticed(harmed, tiny, few_digits, tmp_path):
    _, folder = harmed
    run_experiment(tiny("CosFace_v1", basemodel="MiniResnet18"), few_digits, tmp_path / "other")
    other = snapshot_at(tmp_path / "other", "01")
    shutil.copy(other, folder / "snapshots")
    with pytest.raises(InputError, match=r"epoch_01_step_\d+\.npz .* belongs to another run"):
        read_run(folder)


def test_an_edited_description_is_noticed(harmed):
    _, folder = harmed
    text = (folder / "run.json").read_text().replace('"m1": 1.0', '"m1": 2.0')
    (folder / "run.json").write_text(text)
    with pytest.raises(InputError, match=r"run\.json was changed"):
        read_run(folder)


def test_changed_images_are_noticed(harmed, few_digits):
    config, folder = harmed
    other = replace(few_digits, test=replace(few_digits.test, images=255 - few_digits.test.images))
    with pytest.raises(InputError, match="images was"):
        run_experiment(config, other, folder)


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


def test_run_json_can_name_no_folder_outside(run, harmed):
    _, folder = harmed
    content = json.loads((folder / "run.json").read_text())
    content["name"] = "../../../escaped"
    (folder / "run.json").write_text(json.dumps(content))
    code, _, err = run("create_gif.py", "--lossname", "softmax", "--outputs", folder.parent)
    assert (code, err) == (0, "")
    run("create_gif.py", "--compare", "softmax", "--compare", "softmax", "--outputs", folder.parent)
    assert not list(folder.parent.parent.glob("**/escaped*"))
