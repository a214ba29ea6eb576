"""AngleLinear against NumPy, against the plain layer, and against pytorch-metric-learning."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from pytorch_metric_learning.losses import ArcFaceLoss, CosFaceLoss, LargeMarginSoftmaxLoss, SphereFaceLoss

from marginalia.core.margin import MarginSpec, psi
from marginalia.losses.angle_linear import AngleLinear

CLASSES, DIMENSION, COUNT = 7, 3, 64


def layer(spec: MarginSpec, seed: int = 0) -> AngleLinear:
    torch.manual_seed(seed)
    head = AngleLinear(DIMENSION, CLASSES, spec)
    head.weight.data = F.normalize(head.weight.data) * (0.5 + torch.rand(CLASSES, 1))
    return head


def batch(seed: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(seed)
    return 3 * torch.randn(COUNT, DIMENSION), torch.randint(CLASSES, (COUNT,))


@pytest.fixture(params=range(11))
def preset(request, config_file):
    return list(config_file.margins().values())[request.param]


def test_margin_logits_against_a_numpy_loop(preset):
    head, (features, labels) = layer(preset), batch()
    x, w = features.double().numpy(), head.weight.detach().double().numpy()
    expected = np.empty((COUNT, CLASSES))
    for i, j in np.ndindex(COUNT, CLASSES):
        lengths = np.linalg.norm(x[i]), np.linalg.norm(w[j])
        cosine = x[i] @ w[j] / (lengths[0] * lengths[1])
        scale = preset.s * (1 if preset.x_norm else lengths[0]) * (1 if preset.w_norm else lengths[1])
        expected[i, j] = scale * (psi(np.arccos(cosine), preset) if j == labels[i] else cosine)
    np.testing.assert_allclose(head.margin_logits(features, labels).detach().numpy(), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("w_norm", [False, True])
@pytest.mark.parametrize("x_norm", [False, True])
def test_without_margin_it_is_the_plain_layer(w_norm, x_norm):
    head, (features, labels) = layer(MarginSpec(w_norm, x_norm, 2.0, 1, 0, 0)), batch()
    assert features.norm(dim=1).sub(1).abs().min() > 1e-3
    weight = F.normalize(head.weight) if w_norm else head.weight
    plain = 2.0 * (F.normalize(features) if x_norm else features) @ weight.T
    torch.testing.assert_close(head.logits(features), plain)
    torch.testing.assert_close(head.margin_logits(features, labels), plain)


@pytest.mark.parametrize("degrees", [0.0, 5.0, 180.0])
def test_gradient_at_the_ends(preset, degrees):
    head = AngleLinear(2, 3, preset)
    head.weight.data = torch.tensor([[1.0, 0.0], [-0.5, 0.8], [-0.5, -0.8]])
    angle = math.radians(degrees)
    features = torch.tensor([[2 * math.cos(angle), 2 * math.sin(angle)]], requires_grad=True)
    head.loss(features, torch.tensor([0])).backward()
    assert torch.isfinite(features.grad).all()
    assert torch.isfinite(head.weight.grad).all()
    if degrees == 5.0:
        across = features.grad @ torch.tensor([-math.sin(angle), math.cos(angle)])
        assert across.abs() > 1e-3


def test_zero_feature_has_a_finite_gradient(preset):
    features = torch.zeros(1, DIMENSION, requires_grad=True)
    head = layer(preset)
    head.loss(features, torch.tensor([0])).backward()
    assert torch.isfinite(features.grad).all()
    assert torch.isfinite(head.weight.grad).all()


def test_inputs_are_left_alone(preset):
    head, (features, labels) = layer(preset), batch()
    before = features.clone(), labels.clone(), head.weight.detach().clone()
    head.loss(features, labels).backward()
    for tensor, copy in zip((features, labels, head.weight.detach()), before, strict=True):
        assert torch.equal(tensor, copy)


def test_margin_is_computed_in_float32_for_bfloat16_features(preset):
    head, (features, labels) = layer(preset), batch()
    assert head(features.bfloat16(), labels).dtype == torch.float32
    assert head(features.bfloat16()).dtype == torch.float32


ORACLES = {
    "ArcFace": (MarginSpec(True, True, 16.0, 1, 0.3, 0), lambda c, d: ArcFaceLoss(c, d, math.degrees(0.3), 16.0)),
    "CosFace": (MarginSpec(True, True, 16.0, 1, 0, 0.2), lambda c, d: CosFaceLoss(c, d, margin=0.2, scale=16.0)),
    "SphereFace": (MarginSpec(True, False, 1.0, 3, 0, 0), lambda c, d: SphereFaceLoss(c, d, margin=3, scale=1)),
    "L-Softmax": (MarginSpec(False, False, 1.0, 3, 0, 0), lambda c, d: LargeMarginSoftmaxLoss(c, d, margin=3, scale=1)),
}


@pytest.mark.parametrize("name", ORACLES)
def test_against_pytorch_metric_learning(name):
    """ArcFace is compared where theta + m < pi: behind it the oracle goes on with another function."""
    spec, make = ORACLES[name]
    head, (features, labels) = layer(spec), batch()
    if name == "ArcFace":
        near = F.cosine_similarity(features, head.weight.detach()[labels]) > math.cos(math.pi - 0.31)
        features, labels = features[near], labels[near]
        assert len(labels) > COUNT / 2
    if name == "L-Softmax":  # the oracle scales all logits by the own weight's length
        head.weight.data = 1.3 * F.normalize(head.weight.data)
    oracle = make(CLASSES, DIMENSION)
    oracle.W.data = head.weight.detach().T.clone()
    ours, theirs = features.clone().requires_grad_(), features.clone().requires_grad_()
    loss, expected = head.loss(ours, labels), oracle(theirs, labels)
    loss.backward()
    expected.backward()
    torch.testing.assert_close(loss, expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=2e-3, atol=2e-5)


def test_even_start_stands_evenly():
    torch.manual_seed(3)
    weight = AngleLinear(2, 10, MarginSpec(True, True, 1, 1, 0, 0), start="even").weight.detach()
    angles = torch.atan2(weight[:, 1], weight[:, 0]).sort().values
    torch.testing.assert_close(angles.diff(), torch.full((9,), 2 * math.pi / 10))
