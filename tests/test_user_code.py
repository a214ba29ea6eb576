"""A loss and an encoder of the user's own: what trains, what stands in the record, and what is refused."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from marginalia.cli.experiment import run_experiment
from marginalia.cli.train import run_config
from marginalia.config.naming import run_name
from marginalia.core.errors import InputError
from marginalia.core.margin import MarginSpec, SampledMargin, psi
from marginalia.core.user_code import load, short_name
from marginalia.losses.angle_linear import AngleLinear
from marginalia.losses.from_file import user_loss
from marginalia.losses.registry import build_head, heads
from marginalia.record.store import read_run
from marginalia.training.folder import with_free_folder
from marginalia.training.image_learner import ImageLearner
from marginalia.training.loop import train

from .conftest import ROOT
from .stopping import StopError, bytes_of, stop_after

SOURCE = """
import math

import torch
import torch.nn.functional as F
from torch import nn

import constants
from marginalia.losses.angle_linear import AngleLinear
from marginalia.losses.by_quality import AdaFaceSpec
from marginalia.losses.head import CosineHead, replace_target, target_logit


def Wide(theta, m=constants.MARGIN):
    return theta.cos() - m


def Steep(theta):
    return theta.cos()


Steep.s = 9


class Lower(CosineHead):
    s = 4.0

    def margin_logits(self, features, labels):
        cosines = self.cosines(features)
        return self.s * replace_target(cosines, labels, target_logit(cosines, labels) - 0.1)


class Arc(AngleLinear):
    def __init__(self, dimension, classes):
        super().__init__(dimension, classes, m2=0.2)


class Impostor(CosineHead):
    Spec = AdaFaceSpec


class Proxy(nn.Module):
    def __init__(self, embedding_size, num_classes, s=4.0):
        super().__init__()
        self.W = nn.Parameter(torch.randn(embedding_size, num_classes))
        self.s = s

    def forward(self, features, labels):
        return F.cross_entropy(self.s * F.normalize(features) @ F.normalize(self.W, dim=0), labels)


class Pairs(nn.Module):
    def forward(self, features, labels):
        distance = 1 - F.normalize(features) @ F.normalize(features).T
        same = labels[:, None] == labels
        return distance[same].mean() + (0.5 - distance[~same]).clamp_min(0).mean()


class Tiny(nn.Module):
    def __init__(self, dimension, shape):
        super().__init__()
        channels, height, width = shape
        self.convolution = nn.Conv2d(channels, 8, 4, stride=4)
        self.linear = nn.Linear(8 * (height // 4) * (width // 4), dimension)

    def forward(self, images):
        return self.linear(self.convolution(images).relu().view(len(images), -1))
"""
MARGIN = 0.1


@pytest.fixture
def file(tmp_path) -> Path:
    """SOURCE in a folder, beside a module that it imports."""
    (tmp_path / "constants.py").write_text(f"MARGIN = {MARGIN}\n")
    (tmp_path / "my_loss.py").write_text(SOURCE)
    return tmp_path / "my_loss.py"


@pytest.fixture
def config(config_file, file):
    """config("Wide", epochs=2): as the command makes it, with the encoder Tiny."""

    def make(name: str, **given: object):
        usual = {"basemodel": f"{file}:Tiny", "epochs": 2, "snapshots": 1, "batch_size": 80, "train_points": 100}
        return run_config(config_file, f"{file}:{name}", usual | given, quick=False)

    return make


def test_a_function_through_the_commands(run, file, digit_folder, monkeypatch):
    """Its margin is drawn from the record alone, and no command that draws loads the file."""
    monkeypatch.chdir(file.parent)
    words = ("--lossname", "my_loss.py:Wide", "--basemodel", "my_loss.py:Tiny", "--dataset", f"folder:{digit_folder}")
    words += ("--epochs", 1, "--snapshots", 1, "--outputs", "out")
    code, _, err = run("main.py", *words)
    assert (code, err) == (0, "")
    (folder,) = (path.parent for path in Path("out").glob("*/run.json"))
    assert folder.name == f"my_loss-Wide_my_loss-Tiny_{digit_folder.name}_epochs1_snapshots1"
    written = json.loads((folder / "run.json").read_text())
    assert (written["lossname"], written["head"]["name"]) == ("Wide", "Wide")
    digest = load("my_loss.py:Wide").sha256
    assert written["settings"]["head"] == {"regions": "sectors", "file": "my_loss.py", "name": "Wide", "sha256": digest}
    assert written["settings"]["model"]["basemodel"] == {"file": "my_loss.py", "name": "Tiny", "sha256": digest}
    code, out, _ = run("main.py", *words)
    assert (code, "finished already" in out) == (0, True)

    file.write_text("raise SystemExit('drawing must not load this')")
    spec = read_run(folder).spec
    assert isinstance(spec, SampledMargin)
    assert spec.s == 4
    np.testing.assert_allclose(spec.samples, np.cos(np.linspace(0, np.pi, 721)) - MARGIN, atol=1e-12)
    drawing = ("create_gif.py", "--lossname", folder.name, "--outputs", "out", "--split", "test", "--format", "png")
    pictures = []
    for overlays in ((), ("--overlay", "regions", "--overlay", "errors")):
        assert run(*drawing, *overlays)[::2] == (0, "")
        pictures += [path.read_bytes() for path in folder.glob("test_epoch_01*.png")]
    assert pictures[0] != pictures[1], "the margin is hatched"
    figure = ("create_gif.py", "--figure", "target-logits", "--outputs", "out", "--config", ROOT / "config.json")
    assert run(*figure, "--lossname", folder.name, "--lossname", "ArcFace_v3")[::2] == (0, "")
    for arguments, part in (
        (("--figure", "plane", "--lossname", folder.name), "there is one figure"),
        (("--lossname", folder.name, "--sweep", "m3"), "has no m3"),
        (("--figure", "target-logits", "--lossname", "my_loss.py:Wide"), f"there are: {folder.name}"),
    ):
        code, _, err = run("create_gif.py", *arguments, "--outputs", "out", "--config", ROOT / "config.json")
        assert (code, err.count("\n"), part in err) == (2, 1, True), err


@pytest.mark.parametrize("name", ["Wide", "Proxy"])
def test_a_run_goes_on_and_a_changed_file_is_another_run(config, few_digits, file, tmp_path, monkeypatch, name):
    run_experiment(config(name), few_digits, tmp_path / "whole")
    with monkeypatch.context() as patch, pytest.raises(StopError):
        stop_after(patch, 1, ".pt")
        run_experiment(config(name), few_digits, tmp_path / "stopped")
    run_experiment(config(name), few_digits, tmp_path / "stopped")
    whole = bytes_of(tmp_path / "whole", "snapshots/*.npz")
    assert len(whole) == 3
    assert bytes_of(tmp_path / "stopped", "snapshots/*.npz") == whole

    file.write_text(SOURCE + "\n")
    changed = config(name)
    with pytest.raises(InputError, match=r"settings\.head\.sha256 was .*settings\.model\.basemodel\.sha256 was"):
        run_experiment(changed, few_digits, tmp_path / "whole")
    (tmp_path / "whole").rename(tmp_path / changed.name)
    beside, line = with_free_folder(changed, few_digits, tmp_path)
    assert beside.name.startswith(f"{changed.name}_")
    assert "sha256" in line


def last(config, dataset):
    return [progress.snapshot for progress in train(config, dataset) if progress.snapshot][-1]


def test_a_head(config, few_digits):
    snapshot = last(config("Lower"), few_digits)
    assert snapshot.psi is None
    assert snapshot.metric("train_margin_accuracy") < snapshot.metric("train_accuracy")
    assert (config("Lower").loss.regions, config("Lower").loss.inference_spec.w_norm) == ("sectors", True)


def test_a_preset_of_ones_own_has_its_psi_recorded(config, few_digits):
    settings, margin = config("Arc"), MarginSpec(w_norm=True, x_norm=True, s=4, m1=1, m2=0.2, m3=0)
    np.testing.assert_array_equal(last(settings, few_digits).psi, psi(np.linspace(0, np.pi, 181), margin))
    assert settings.loss.inference_spec.m2 == 0, "the margin stands in psi alone"


def test_a_module_with_class_weights(config, few_digits):
    settings = config("Proxy")
    learner = ImageLearner(settings, few_digits.train.images, 10, steps=1)
    features = torch.randn(50, 2)
    learner.head.update_class_means(features, torch.zeros(50, dtype=torch.int64))
    own = learner.head.objective.W.detach()
    assert torch.equal(learner.head.directions(), own.T)
    assert torch.equal(learner.head(features).argmax(dim=1), (features @ F.normalize(own, dim=0)).argmax(dim=1))
    assert any(parameter is learner.head.objective.W for parameter in learner.parameters)
    snapshot = last(settings, few_digits)
    assert snapshot.psi is None
    assert not np.allclose(snapshot.class_weights, own.T), "they are trained"


def test_a_module_without_class_weights(config, few_digits):
    snapshot = last(config("Pairs"), few_digits)
    points = snapshot.points("train")
    directions = points.features / np.linalg.norm(points.features, axis=1, keepdims=True)
    mean = directions[points.labels == 3].mean(axis=0)
    np.testing.assert_allclose(snapshot.class_weights[3], mean / np.linalg.norm(mean), atol=1e-5)


def test_the_same_psi_is_the_same_loss(config):
    mine, ours = build_head(config("Wide").loss, 3, 7, "even"), AngleLinear(3, 7, s=4, m3=MARGIN)
    ours.load_state_dict(mine.state_dict())
    features, labels = torch.randn(40, 3), torch.randint(7, (40,))
    torch.testing.assert_close(mine(features, labels), ours(features, labels), atol=1e-5, rtol=0)
    torch.testing.assert_close(mine(features), ours(features))


def test_the_scale(config, file):
    assert [config(name).loss.s for name in ("Wide", "Steep")] == [4, 9]
    assert config("Wide", visual_dimension=3).loss.s == 64
    assert config("Wide", s=8).name == "my_loss-Wide_s8_my_loss-Tiny_epochs2_snapshots1_batch80_train-points100"
    assert config("Wide", match_scale=6).loss.s == 6
    with pytest.raises(InputError, match=r"Wide has no m1; its numbers are s$"):
        config("Wide", m1=2)
    with pytest.raises(InputError, match=r"Proxy has no s; its numbers are none$"):
        config("Proxy", s=8)
    with pytest.raises(InputError, match="s must be greater than 0"):
        config("Wide", s=-1)


def test_a_head_with_the_name_of_one_of_ours_takes_no_row_of_it(file):
    load(f"{file}:Impostor")
    heads.cache_clear()
    assert heads()["AdaFace"].__module__ == "marginalia.losses.by_quality"


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_an_encoder_sees_what_ours_see(config, few_digits, precision):
    """A view of its feature maps needs them in the usual order, also in bfloat16 and with a crop."""
    learner = ImageLearner(config("Wide", precision=precision, crop=2), few_digits.train.images, 10, steps=1)
    assert learner.encoder.linear.weight.shape == (2, 8 * 6 * 6)
    images = torch.from_numpy(few_digits.train.images[:5])
    features = learner.features(images)
    normal = (images[:, None, 2:-2, 2:-2].float() - learner.pixel_mean) / learner.pixel_spread
    assert (features.shape, features.dtype) == ((5, 2), torch.float32)
    torch.testing.assert_close(features, learner.encoder(normal), atol=0 if precision == "fp32" else 0.05, rtol=0)


def test_one_name_wherever_the_file_lies(file, config_file):
    assert short_name("folder/my_loss.py:Wide") == short_name("my_loss.py:Wide") == "my_loss-Wide"
    assert short_name("ArcFace_v3") == "ArcFace_v3"
    loss = user_loss(f"{file}:Wide", 2)
    assert run_name(f"{file}:Wide", loss, loss, config_file, config_file) == "my_loss-Wide"


BAD = """
import torch
from torch import nn
number = 3
def Two(theta, m): return theta
def Short(theta): return theta[:2]
def Number(theta): return 0.5
def Fails(theta):
    raise ValueError("no\\nangle")
def Pole(theta): return theta.cos() / theta
class Plain: pass
class Odd(nn.Module):
    def __init__(self, temperature): super().__init__()
class Rows(nn.Module):
    def forward(self, x, y): return x.sum(dim=1)
class Fixed(nn.Module):
    def forward(self, x, y): return torch.tensor(1.0)
class Endless(nn.Module):
    def forward(self, x, y): return x.sum() / 0
def Net(dimension, shape): return nn.Sequential(nn.Flatten(), nn.Linear(784, dimension + 5))
def Nothing(dimension, shape): return shape
def Small(dimension, shape): return nn.Linear(3, dimension)
def Broken(dimension, shape): return nn.Linear(dimension)
"""
LOSSES = {
    "no such file": ("nothing.py:Wide", "nothing.py cannot be read"),
    "no such name": ("bad.py:Tow", "did you mean Two"),
    "no name": ("bad.py", "bad.py:NAME"),
    "no function": ("bad.py:number", "number is int; give a class or a function"),
    "a syntax error": ("syntax.py:Wide", "SyntaxError", "(line 2)"),
    "an error while it loads": ("error.py:Wide", "fails while it loads: ZeroDivisionError", "(line 3)"),
    "an exit": ("exits.py:Wide", "fails while it loads: SystemExit"),
    "two angles": ("bad.py:Two", "missing 1 required positional argument"),
    "another shape": ("bad.py:Short", "Short gives (2,) for a tensor of angles"),
    "a number": ("bad.py:Number", "Number gives float"),
    "an error of the function": ("bad.py:Fails", "ValueError: no (line 9)"),
    "a pole": ("bad.py:Pole", "Pole is not finite at 0 degrees"),
    "a class that is no module": ("bad.py:Plain", "is neither a function"),
    "a setting without a default": ("bad.py:Odd", "Odd needs temperature"),
    "no scalar": ("bad.py:Rows", "a loss of shape (7,) and no scalar"),
    "no gradient": ("bad.py:Fixed", "without a gradient"),
    "no number": ("bad.py:Endless", "Endless gives", "marginalia check"),
}
ENCODERS = {
    "features of another length": ("bad.py:Net", "shape (2, 7) for 2 images; give (2, 2)"),
    "no module": ("bad.py:Nothing", "gives tuple; give a torch.nn.Module"),
    "images that do not fit": ("bad.py:Small", "Small on two images fails: RuntimeError"),
    "a constructor that fails": ("bad.py:Broken", "Broken(2, (1, 28, 28)) fails: TypeError", "(line 23)"),
    "no such encoder": ("bad.py:Nte", "did you mean Net"),
}


@pytest.mark.parametrize("case", [*LOSSES, *ENCODERS])
def test_what_cannot_be_used_is_one_line(run, tmp_path, monkeypatch, digit_folder, case):
    for name, content in {
        "bad.py": BAD, "syntax.py": "x = 1\ndef (", "error.py": "\n\n1 / 0\n", "exits.py": "exit(3)",
    }.items():  # fmt: skip
        (tmp_path / name).write_text(content)
    monkeypatch.chdir(tmp_path)
    kind, (named, *parts) = ("--lossname", LOSSES[case]) if case in LOSSES else ("--basemodel", ENCODERS[case])
    loss = () if case in LOSSES else ("--lossname", "softmax")
    words = ("--dataset", f"folder:{digit_folder}", "--outputs", "out", "--config", ROOT / "config.json")
    code, _, err = run("main.py", kind, named, *loss, *words)
    assert (code, err.count("\n"), err[:7]) == (2, 1, "error: "), err
    for part in parts:
        assert part in err
    assert not (tmp_path / "out").exists()


def test_a_file_is_loaded_anew_once_it_has_changed(tmp_path):
    """Within one second, and with as many bytes: Python's own cache would miss it."""
    values = []
    for number in (1, 2):
        (tmp_path / "f.py").write_text(f"def value(): return {number}")
        values.append(load(f"{tmp_path / 'f.py'}:value").value())
    assert values == [1, 2]
    assert not (tmp_path / "__pycache__").exists()


def test_psi_is_sampled_at_quarters_of_a_degree(config):
    samples = build_head(config("Wide").loss, 2, 3, "even").sampled_psi()
    assert samples.shape == (721,)
    assert samples[240] == pytest.approx(math.cos(math.radians(60)) - MARGIN)
