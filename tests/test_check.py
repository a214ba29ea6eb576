"""The command that checks a loss: it finds nothing wrong in ours, and names what is wrong in others."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from PIL import Image

from marginalia.core.margin import nearest_cosine
from marginalia.losses.checking import examine
from marginalia.losses.from_file import user_loss
from marginalia.losses.probe import Probe
from marginalia.losses.registry import build_head
from marginalia.viz.loss_sheet import places

from .conftest import ROOT

ROWS = list(json.loads((ROOT / "config.json").read_text())["losses"])
SOURCE = """
import math

import torch
import torch.nn.functional as F
from torch import nn


def easy_margin(theta, m=0.5):
    return torch.where(theta < math.pi / 2, torch.cos(theta + m), theta.cos())


def infeasible(theta):
    return theta.cos() - 0.5


def pole(theta):
    return torch.sin(theta) / theta


def without_end(theta):
    return torch.cos(theta + 0.5)


class Margin(nn.Module):
    m = 0.3

    def __init__(self, dimension, classes):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(classes, dimension))

    def cosines(self, features):
        return F.linear(F.normalize(features), F.normalize(self.weight))

    def forward(self, features, labels):
        cosines = self.cosines(features)
        theta = self.angle(cosines)
        own = F.one_hot(labels, cosines.shape[1]).bool()
        return F.cross_entropy(16 * torch.where(own, torch.cos(theta + self.m), cosines), labels)

    def angle(self, cosines):
        return cosines.clamp(-1 + 1e-7, 1 - 1e-7).acos()


class Clamped(Margin):
    def angle(self, cosines):
        return cosines.clamp(-0.99, 0.99).acos()


class NotFinite(Margin):
    def angle(self, cosines):
        return cosines.acos()


class InPlace(Margin):
    def forward(self, features, labels):
        cosines, rows = self.cosines(features).clamp(-1 + 1e-7, 1 - 1e-7), torch.arange(len(labels))
        theta = cosines.acos()
        cosines[rows, labels] = torch.cos(theta[rows, labels] + self.m)
        return F.cross_entropy(16 * cosines, labels)


class Divides(Margin):
    def forward(self, features, labels):
        features /= features.norm(dim=1, keepdim=True)
        return F.cross_entropy(self.cosines(features), labels)


class Rescales(Margin):
    def forward(self, features, labels):
        self.weight.data = F.normalize(self.weight.data) / 2
        return F.cross_entropy(self.cosines(features), labels)


class Halved(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient / 2


class WrongBackward(Margin):
    def forward(self, features, labels):
        return F.cross_entropy(Halved.apply(self.cosines(features)), labels)


class Detached(Margin):
    def forward(self, features, labels):
        cosines = self.cosines(features)
        return F.cross_entropy((2 + cosines.detach()) * cosines, labels)


class Joined(Margin):
    def forward(self, features, labels):
        cosines, rows = self.cosines(features), torch.arange(len(labels))
        logits = torch.zeros(cosines.shape, dtype=self.weight.dtype)
        logits[rows] = cosines
        return F.cross_entropy(logits, labels)


class Narrow(Margin):
    def forward(self, features, labels):
        return F.cross_entropy(self.cosines(features).float(), labels)


class Stops(Margin):
    def forward(self, features, labels):
        raise IndexError("no such class")


class Centres(nn.Module):
    def forward(self, features, labels):
        return features.square().sum()
"""
WRONG = {
    "easy_margin": ["wrong  psi jumps up by 0.479 at 90.00 degrees"],
    "Clamped": ["wrong  psi is constant from 0.0 to 8.1 degrees", "note   psi is constant from 171.9 to 180.0 degrees"],
    "InPlace": ["wrong  the loss changes a tensor that its gradient needs in place"],
    "infeasible": [
        "note   no feature can satisfy the margin for all 10 classes at once",
        "psi(0) = 0.500 is less than",
    ],
    "NotFinite": ["wrong  the loss is nan for features on their own weight (0 degrees)"],
    "pole": ["wrong  the loss is nan for features on their own weight (0 degrees)"],
    "without_end": ["wrong  psi rises by 0.122 from 151.5 to 180.0 degrees"],
    "Divides": ["wrong  the loss changes the features in place"],
    "Rescales": ["wrong  the loss changes weight in place"],
    "WrongBackward": ["wrong  the gradient is off by 0.5 of its size at"],
    "Detached": ["note   the gradient is off by", "a part of the loss is detached"],
    "Joined": ["wrong  under autocast to bfloat16 the loss fails: RuntimeError", "(line 100)"],
    "Narrow": ["note   the gradient cannot be compared", "note   in float64", "as float32"],
    "Stops": ["wrong  the loss of random features fails: IndexError: no such class (line 111)"],
    "Centres": ["note   no single weight for each class is found"],
}
FINE = [name for name, parts in WRONG.items() if not any(part.startswith("wrong") for part in parts)]


@pytest.fixture
def file(tmp_path):
    (tmp_path / "losses.py").write_text(SOURCE)
    return tmp_path / "losses.py"


@pytest.fixture
def check(run, tmp_path):
    """check("softmax") -> exit code, lines, stderr."""

    def call(loss: object, *arguments: object) -> tuple[int, list[str], str]:
        words = ("--out", tmp_path / "check.png", "--config", ROOT / "config.json", *arguments)
        code, out, err = run("check", loss, *words)
        return code, out.splitlines(), err

    return call


@pytest.mark.parametrize("loss", [*ROWS, "pml:SupConLoss", "pml:TripletMarginLoss"])
def test_nothing_is_wrong_with_ours(check, loss):
    code, lines, err = check(loss)
    assert (code, err) == (0, ""), lines
    assert {line[:7] for line in lines if not line.endswith(".png")} <= {"ok     ", "note   "}
    assert sum(line.startswith("ok") for line in lines) >= 4


@pytest.mark.parametrize("loss", ["ArcFace_v3", "sub-center", "Gaussian-mixture", "SphereFace2"])
def test_nothing_is_wrong_with_ours_in_many_dimensions(check, loss):
    code, lines, _ = check(loss, "--classes", 40, "--dimension", 16)
    assert code == 0, lines


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named(check, file, name):
    code, lines, err = check(f"{file}:{name}")
    assert (code, err) == (0 if name in FINE else 1, ""), lines
    for part in WRONG[name]:
        assert sum(part in line for line in lines) >= 1, (part, lines)


def test_a_sound_loss_of_ones_own(check, file, tmp_path):
    """Its margin is found from the loss alone. Its psi rises at the end, as the textbook's does."""
    code, lines, _ = check(f"{file}:Margin")
    wrong = [line for line in lines if line.startswith("wrong")]
    assert (code, len(wrong)) == (1, 1)
    assert wrong[0].startswith("wrong  psi rises by 0.0445 from 162.8 to 180.0 degrees")
    assert any("psi(0) = 0.955 is at least 0.809" in line for line in lines)
    with Image.open(tmp_path / "check.png") as picture:
        assert picture.size == (1280, 720)


def test_psi_is_found_from_the_loss_alone(file):
    spec = user_loss(f"{file}:Margin", 2)
    found = examine(Probe(build_head(spec, 2, 10, "even"), spec.code), places())
    theta = np.radians(np.arange(1, 180))
    assert found.name == "psi"
    np.testing.assert_allclose(found.values[4:-4:4], np.cos(theta + 0.3), atol=1e-6)


def test_the_arrows_are_the_gradient(config_file):
    from marginalia.viz.pull import pull

    spec = config_file.margin("ArcFace_v3")
    probe = Probe(build_head(spec, 2, 10, "even"))
    found = examine(probe, places())
    expected = pull(3 * places(), 0, probe.directions.numpy(), spec)
    np.testing.assert_allclose(found.arrows, expected, atol=1e-6 * np.abs(expected).max())


def test_a_margin_that_more_dimensions_can_satisfy(check, file):
    lines = check(f"{file}:infeasible", "--dimension", 9)[1]
    assert any("10 classes in 9 dimensions can satisfy" in line for line in lines)
    assert any("in 2 dimensions: psi(0) = 0.800 is less than 0.809" in line for line in check("CosFace_v2")[1])
    lines = check("ArcFace_v3", "--dimension", 3)[1]
    assert any("0.349, a lower bound" in line for line in lines)


@pytest.mark.parametrize(
    ("classes", "dimension", "angle"),
    [(10, 2, 36), (2, 2, 180), (3, 2, 120), (4, 3, math.degrees(math.acos(-1 / 3))), (6, 3, 90), (11, 512, 95.739)],
)
def test_the_best_spread(classes, dimension, angle):
    cosine, exact = nearest_cosine(classes, dimension)
    assert exact
    assert math.degrees(math.acos(cosine)) == pytest.approx(angle, abs=1e-3)


def test_a_bound_of_the_best_spread():
    """Of twelve directions in space it is reached, by the icosahedron: 63.43 degrees."""
    cosine, exact = nearest_cosine(12, 3)
    assert not exact
    assert cosine == pytest.approx(1 / math.sqrt(5))
    assert nearest_cosine(100, 10) == (0, False)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("nothing",), "unknown loss"),
        (("nothing.py:Loss",), "nothing.py cannot be read"),
        (("softmax", "--out", "picture.gif"), "must end with .png"),
        (("softmax", "--classes", 1), "--classes"),
    ],
)
def test_what_cannot_be_checked_is_one_line(check, arguments, part):
    code, lines, err = check(*arguments)
    assert (code, lines, err.count("\n"), part in err) == (2, [], 1, True)
