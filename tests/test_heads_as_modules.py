"""Every head as a module of anybody's loop: number formats, autocast, torch.compile, one image, and exact angles."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch

from marginalia.core.margin import psi
from marginalia.losses.angle_linear import AngleLinear
from marginalia.losses.distance import DistanceHead
from marginalia.losses.head import Head
from marginalia.losses.registry import build_head

from .heads import NUMBERS, C, D, batch, head_with

DEGREES = (0.0, 1e-3, 0.01, 1.0, 30.0, 59.9, 90.0, 120.0, 150.0, 179.0, 179.99, 179.999, 180.0)
ANGULAR = ("A-softmax_v1", "A-softmax_v2", "L-softmax_v1", "L-softmax_v2", "ArcFace_v1", "ArcFace_v2", "ArcFace_v3")
PRESETS = (*ANGULAR, "softmax", "norm-softmax", "CosFace_v1", "CosFace_v2")


@pytest.fixture(params=[*NUMBERS, *PRESETS])
def head(request, config_file) -> Head:
    """In the middle of training."""
    spec = NUMBERS[request.param] if request.param in NUMBERS else config_file.margin(request.param)
    return head_with(spec).train()


def gradients(head: Head, features: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The loss and the gradient of the features."""
    features = features.clone().requires_grad_()
    loss = head.loss(features, labels)
    loss.backward()
    return loss.detach(), features.grad


def test_double_precision(head):
    features, labels = batch()
    loss, slope = gradients(copy.deepcopy(head), features, labels)
    wide_loss, wide_slope = gradients(copy.deepcopy(head).double(), features.double(), labels)
    assert wide_loss.dtype == wide_slope.dtype == torch.float64
    torch.testing.assert_close(loss, wide_loss.float(), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(slope, wide_slope.float(), rtol=1e-3, atol=1e-6)
    assert head.double()(features).dtype == torch.float64  # features of another format are converted


@pytest.mark.parametrize("narrow", [torch.bfloat16, torch.float16])
def test_under_autocast_the_margin_is_computed_in_float32(head, narrow):
    features, labels = batch()
    rounded = features.to(narrow)
    expected, expected_slope = gradients(copy.deepcopy(head), rounded.float(), labels)
    ours = rounded.clone().requires_grad_()
    with torch.autocast("cpu", narrow):
        loss = head.loss(ours, labels)
        assert head(rounded).dtype == head(rounded, labels).dtype == loss.dtype == torch.float32
    loss.backward()
    assert torch.equal(loss, expected)
    assert torch.equal(ours.grad, expected_slope.to(narrow))


def test_torch_compile(head):
    if "objective" in vars(head)["_modules"]:
        pytest.skip("pytorch-metric-learning's own code breaks the graph")
    torch._dynamo.reset()
    features, labels = batch()
    expected = gradients(copy.deepcopy(head), features, labels)
    logits = copy.deepcopy(head)(features, labels)
    compiled = torch.compile(copy.deepcopy(head), backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(compiled(features, labels), logits)
    whole = torch.compile(head.loss, backend="aot_eager", fullgraph=True)
    ours = features.clone().requires_grad_()
    loss = whole(ours, labels)
    loss.backward()
    torch.testing.assert_close((loss.detach(), ours.grad), expected)


def test_a_batch_of_one(head):
    features, labels = batch()
    for _ in range(3):
        loss, slope = gradients(head, features[:1], labels[:1])
        assert torch.isfinite(loss)
        assert torch.isfinite(slope).all()
    assert all(torch.isfinite(value).all() for value in head.state_dict().values())


def test_the_state_comes_back(head):
    features, labels = batch()
    head.loss(features, labels)
    other = build_head(head.spec, D, C, "random")
    other.load_state_dict(head.state_dict())
    assert torch.equal(other.eval()(features, labels), head.eval()(features, labels))


def at_angles(weight: torch.Tensor) -> torch.Tensor:
    """Features of length 2.5 at DEGREES from a weight, (len(DEGREES), D), float32."""
    along = weight.detach().double() / weight.detach().double().norm()
    across = torch.linalg.cross(along, torch.tensor([0.3, -0.2, 0.9], dtype=torch.float64))
    angles = torch.deg2rad(torch.tensor(DEGREES, dtype=torch.float64))[:, None]
    return (2.5 * (angles.cos() * along + angles.sin() * across / across.norm())).float()


def scale_of(head: Head) -> float:
    """s, times |w| |x| where a head normalises neither; of a head of distances (|x| + |w|)^2 / 2."""
    longest = 2.5, head.weight.detach().norm(dim=-1).max().item()
    if isinstance(head, DistanceHead):
        return sum(longest) ** 2 / 2
    spec = head.spec.inference_spec
    return float(getattr(head, "s", spec.s)) * (1 if spec.x_norm else longest[0]) * (1 if spec.w_norm else longest[1])


def test_logits_are_exact_at_all_angles(head):
    head.eval()
    for label in range(C):
        features = at_angles(head.directions()[label])
        labels = torch.full((len(DEGREES),), label)
        wide = copy.deepcopy(head).double()(features, labels)
        torch.testing.assert_close(head(features, labels).double(), wide, rtol=0, atol=1e-5 * scale_of(head))


@pytest.mark.parametrize("name", PRESETS)
def test_float64_is_the_plain_formula(config_file, name):
    torch.manual_seed(2)
    spec = config_file.margin(name)
    head = AngleLinear(D, C, spec).double().eval()
    features = at_angles(head.weight[3]).double()
    w, x = head.weight.detach().numpy(), features.numpy()
    got = head(features, torch.full((len(DEGREES),), 3)).detach().numpy()
    for i, degrees in enumerate(DEGREES):
        for j in range(C):
            scale = spec.s * (1 if spec.x_norm else 2.5) * (1 if spec.w_norm else np.linalg.norm(w[j]))
            cosine = x[i] @ w[j] / np.linalg.norm(x[i]) / np.linalg.norm(w[j])
            expected = psi(math.radians(degrees), spec) if j == 3 else cosine
            assert got[i, j] == pytest.approx(scale * expected, abs=2e-6 * scale)


@pytest.mark.parametrize("name", ANGULAR)
@pytest.mark.parametrize("degrees", [0.01, 179.99])
def test_the_gradient_near_the_ends_is_that_of_float64(config_file, name, degrees):
    torch.manual_seed(3)
    head = AngleLinear(D, C, config_file.margin(name))
    features = at_angles(head.weight[3])[[DEGREES.index(degrees)]]
    label = torch.tensor([3])
    wide = copy.deepcopy(head).double()

    def slope_of_target(module: AngleLinear, x: torch.Tensor) -> torch.Tensor:
        x = x.clone().requires_grad_()
        module(x, label)[0, 3].backward()
        return x.grad.double()

    expected = slope_of_target(wide, features.double())
    got = slope_of_target(head, features)
    assert expected.norm() > 0
    assert (got - expected).norm() < 1e-3 * expected.norm()


def test_in_anybodys_loop():
    """As a reader of the README types it; both sides normalised, s 4 in two dimensions and 64 above."""
    head = AngleLinear(2, 10, m2=0.3)
    features, labels = torch.randn(8, 2, requires_grad=True), torch.randint(10, (8,))
    torch.nn.functional.cross_entropy(head(features, labels), labels).backward()
    assert (head.spec.w_norm, head.spec.x_norm, head.spec.s, head.spec.m2) == (True, True, 4.0, 0.3)
    assert AngleLinear(128, 10).spec.s == 64
    assert head(features).shape == (8, 10)
    with pytest.raises(TypeError):
        AngleLinear(2, 10, m4=0.3)
