"""Every head against its formula written as plain loops over images and classes."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from losses import specs
from losses.specs import HEADS
from losses.table import CLASSES, build_head

N, C, D = 40, 7, 3
NUMBERS = {
    "center": specs.CenterSpec(weight=0.3, alpha=0.5),
    "learned-scale": specs.LearnedScaleSpec(s=5),
    "AdaCos": specs.AdaCosSpec(),
    "SphereFace-R": specs.SphereFaceRSpec(s=6, m=1.5, version=1),
    "SphereFace2": specs.SphereFace2Spec(r=8, m=0.2, t=3, balance=0.7),
    "CurricularFace": specs.CurricularSpec(s=6, m=0.3),
    "MagFace": specs.MagFaceSpec(s=6, l_a=0.5, u_a=3, l_m=0.1, u_m=0.5, weight=0.7),
    "AdaFace": specs.AdaFaceSpec(s=6, m=0.3, h=0.5),
    "ElasticFace": specs.ElasticSpec(s=6, m=0.3, sigma=0),
    "sub-center": specs.SubCenterSpec(s=6, m=0.3, centres=3),
    "UniFace": specs.UniFaceSpec(s=6, m=0.3),
    "Circle": specs.CircleSpec(s=8, m=0.25),
    "RBF-softmax": specs.RBFSoftmaxSpec(s=4, gamma=9),
    "Gaussian-mixture": specs.GaussianMixtureSpec(alpha=0.4, weight=0.1),
}


def batch(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    return torch.randn(N, D, generator=random), torch.randint(C, (N,), generator=random)


def head_named(name: str, spec=None):
    torch.manual_seed(1)
    head = build_head(spec or NUMBERS[name], D, C, "random")
    with torch.no_grad():
        head.weight.copy_(torch.randn(head.weight.shape))
    return head.eval()


def cosine(x, w) -> float:
    return float(np.dot(x, w) / np.linalg.norm(x) / np.linalg.norm(w))


def cross_entropy(logits: list[float], y: int) -> float:
    return math.log(sum(math.exp(z) for z in logits)) - logits[y]


def softplus(z: float) -> float:
    return math.log(1 + math.exp(z))


def angular(head, x, y, target) -> float:
    """Cross-entropy of s cos(theta_j), with `target(theta_y)` in place of the own cosine."""
    w = head.weight.detach().numpy()
    logits = [cosine(x, w[j]) for j in range(C)]
    logits[y] = target(math.acos(logits[y]))
    return cross_entropy([head.s * z for z in logits], y)


def center(head, x, y):
    w = head.weight.detach().numpy()
    return cross_entropy([float(np.dot(x, w[j])) for j in range(C)], y) + 0.15 * float(np.dot(x, x))


def adacos(head, x, y):
    w = head.weight.detach().numpy()
    return cross_entropy([math.sqrt(2) * math.log(C - 1) * cosine(x, w[j]) for j in range(C)], y)


def sphereface2(head, x, y):
    w, b = head.weight.detach().numpy(), head.bias.item()
    g = [2 * ((cosine(x, w[j]) + 1) / 2) ** 3 - 1 for j in range(C)]
    others = sum(softplus(8 * (g[j] + 0.2) + b) for j in range(C) if j != y)
    return (0.7 * softplus(-8 * (g[y] - 0.2) - b) + 0.3 * others) / 8


def curricular(head, x, y):
    w = head.weight.detach().numpy()
    z = [cosine(x, w[j]) for j in range(C)]
    target = (
        math.cos(math.acos(z[y]) + 0.3) if math.acos(z[y]) + 0.3 <= math.pi else -math.cos(math.acos(z[y]) + 0.3) - 2
    )
    z = [zj * zj if zj > target else zj for zj in z]  # t is 0 before the first batch
    z[y] = target
    return cross_entropy([6 * zj for zj in z], y)


def magface(head, x, y):
    a = min(max(float(np.linalg.norm(x)), 0.5), 3)
    m = 0.1 + 0.4 * (a - 0.5) / 2.5

    def target(theta):
        return math.cos(theta + m) if theta + m <= math.pi else -math.cos(theta + m) - 2

    return angular(head, x, y, target) + 0.7 * (1 / a + a / 9)


def adaface(head, x, y):
    z = min(max(0.5 * (float(np.linalg.norm(x)) - 20) / 100.001, -1), 1)
    return angular(head, x, y, lambda theta: math.cos(min(max(theta - 0.3 * z, 0), math.pi)) - 0.3 * (1 + z))


def sub_center(head, x, y):
    w = head.weight.detach().numpy()
    z = [max(cosine(x, w[j, k]) for k in range(3)) for j in range(C)]
    theta = math.acos(z[y]) + 0.3
    z[y] = math.cos(theta) if theta <= math.pi else -math.cos(theta) - 2
    return cross_entropy([6 * zj for zj in z], y)


def uniface(head, x, y):
    w, b = head.weight.detach().numpy(), math.log(10 * C)
    z = [cosine(x, w[j]) for j in range(C)]
    return softplus(-6 * (z[y] - 0.3) + b) + sum(softplus(6 * z[j] - b) for j in range(C) if j != y)


def circle(head, x, y):
    w = head.weight.detach().numpy()
    z = [cosine(x, w[j]) for j in range(C)]
    positive = -8 * max(1.25 - z[y], 0) * (z[y] - 0.75)
    return math.log(1 + sum(math.exp(8 * max(z[j] + 0.25, 0) * (z[j] - 0.25) + positive) for j in range(C) if j != y))


def rbf(head, x, y):
    w = head.weight.detach().numpy()
    return cross_entropy([4 * math.exp(-sum((x - w[j]) ** 2) / 9) for j in range(C)], y)


def mixture(head, x, y):
    w = head.weight.detach().numpy()
    half = [float(sum((x - w[j]) ** 2)) / 2 for j in range(C)]
    return cross_entropy([-h * (1.4 if j == y else 1) for j, h in enumerate(half)], y) + 0.1 * half[y]


LOOPS = {
    "center": center,
    "learned-scale": lambda head, x, y: angular(head, x, y, math.cos),
    "AdaCos": adacos,
    "SphereFace-R": lambda head, x, y: angular(head, x, y, lambda theta: math.cos(min(1.5 * theta, math.pi))),
    "SphereFace2": sphereface2,
    "CurricularFace": curricular,
    "MagFace": magface,
    "AdaFace": adaface,
    "ElasticFace": lambda head, x, y: angular(head, x, y, lambda theta: math.cos(theta) - 0.3),
    "sub-center": sub_center,
    "UniFace": uniface,
    "Circle": circle,
    "RBF-softmax": rbf,
    "Gaussian-mixture": mixture,
}


def test_every_head_is_tested():
    assert set(HEADS) == set(CLASSES) == set(NUMBERS) == set(LOOPS)


@pytest.mark.parametrize("name", HEADS)
def test_the_loss_is_the_formula(name):
    head, (features, labels) = head_named(name), batch()
    expected = np.mean([LOOPS[name](head, x, y) for x, y in zip(features.numpy(), labels.tolist(), strict=True)])
    assert head.loss(features, labels).item() == pytest.approx(expected, rel=2e-5)


@pytest.mark.parametrize("name", HEADS)
def test_a_head_learns_and_predicts(name):
    """Fifty steps on features and weights: the loss falls, all numbers stay finite, and logits find the classes."""
    head, (features, labels) = head_named(name).train(), batch()
    features = features.requires_grad_()
    optimizer = torch.optim.Adam([features, *head.parameters()], lr=0.05)
    losses = []
    for _ in range(150):
        optimizer.zero_grad()
        loss = head.loss(features, labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0]
    assert all(torch.isfinite(p).all() for p in head.state_dict().values())
    logits = head.eval().logits(features)
    assert logits.shape == (N, C)
    assert (logits.argmax(dim=1) == labels).float().mean() > 0.9
    assert head.directions().shape == (C, D)


@pytest.mark.parametrize("name", HEADS)
def test_features_along_a_weight_and_of_length_zero(name):
    """Where acos has no slope and a norm has no direction, gradients stay finite."""
    head = head_named(name).train()
    weight = head.directions()
    features = torch.cat((weight, -weight, torch.zeros(1, D))).requires_grad_()
    labels = torch.cat((torch.arange(C), torch.arange(C), torch.zeros(1, dtype=torch.int64)))
    head.loss(features, labels).backward()
    assert torch.isfinite(features.grad).all()
    assert all(torch.isfinite(p.grad).all() for p in head.parameters() if p.grad is not None)


def test_centres_move_as_in_the_paper():
    head, (features, labels) = head_named("center").train(), batch()
    before = torch.randn(C, D)
    head.centres.copy_(before)
    head.loss(features, labels)
    for j in range(C):
        mine = features[labels == j]
        delta = (before[j] - mine).sum(dim=0) / (1 + len(mine))
        np.testing.assert_allclose(head.centres[j], before[j] - 0.5 * delta, rtol=1e-4, atol=1e-6)


def test_adacos_computes_its_scale():
    head, (features, labels) = head_named("AdaCos").train(), batch()
    first = head.scale.item()
    cosines = head.cosines(features).detach().double().numpy()
    y = labels.numpy()
    others = [sum(math.exp(first * cosines[i, j]) for j in range(C) if j != y[i]) for i in range(N)]
    angles = sorted(math.acos(cosines[i, y[i]]) for i in range(N))
    head.loss(features, labels)
    expected = math.log(np.mean(others)) / math.cos(min(math.pi / 4, angles[(N - 1) // 2]))
    assert head.scale.item() == pytest.approx(expected, rel=1e-4)


def test_curricular_t_follows_the_own_cosine():
    head, (features, labels) = head_named("CurricularFace").train(), batch()
    mean = head.cosines(features).gather(1, labels[:, None]).mean().item()
    head.loss(features, labels)
    assert head.t.item() == pytest.approx(0.01 * mean, rel=1e-4)


def test_adaface_follows_the_lengths():
    head, (features, labels) = head_named("AdaFace").train(), batch()
    lengths = features.norm(dim=1)
    head.loss(features, labels)
    assert head.mean.item() == pytest.approx(0.99 * 20 + 0.01 * lengths.mean().item(), rel=1e-5)
    assert head.spread.item() == pytest.approx(0.99 * 100 + 0.01 * lengths.std().item(), rel=1e-5)


def test_sphereface_r_leaves_the_margin_out_of_the_gradient():
    for version in (1, 2):
        head, (features, labels) = head_named("SphereFace-R", specs.SphereFaceRSpec(6, 1.5, version)), batch()
        bent = head.bent(head.cosines(features), labels).detach()
        probabilities = (6 * bent).softmax(dim=1)
        features.requires_grad_()
        head.loss(features, labels).backward()
        got = features.grad.clone()
        features.grad = None
        cosines = head.cosines(features)
        wanted = 6 * (probabilities - torch.nn.functional.one_hot(labels, C)) / N
        cosines.backward(wanted)
        np.testing.assert_allclose(got, features.grad, rtol=1e-4, atol=1e-6)
        theta = head.cosines(features).detach().acos()
        other = (labels + 1) % C
        expected = theta if version == 1 else theta / 1.5
        np.testing.assert_allclose(
            bent.gather(1, other[:, None]), expected.cos().gather(1, other[:, None]), rtol=1e-4, atol=1e-5
        )


def test_sphereface2_starts_where_the_bias_has_no_slope():
    head = head_named("SphereFace2")
    with torch.no_grad():
        head.weight.zero_()
        head.weight[:, 0] = 1
    features = torch.zeros(1, D)
    features[0, 1] = 1
    head.loss(features, torch.tensor([2])).backward()
    assert abs(head.bias.grad.item()) < 1e-6


def test_elastic_margins_differ_from_image_to_image():
    spec = specs.ElasticSpec(s=6, m=0.3, sigma=0.2)
    head, (features, labels) = head_named("ElasticFace", spec), batch()
    assert head.loss(features, labels) != head.loss(features, labels)


@pytest.mark.parametrize(("cls", "values", "part"), [
    (specs.CenterSpec, (-1, 0.5), "weight must be at least 0"),
    (specs.CenterSpec, (1, 0), "alpha must be greater than 0"),
    (specs.SphereFace2Spec, (40, 0.4, 3, 1), "balance must be a finite number up to 0.999"),
    (specs.MagFaceSpec, (4, 3, 2, 0.1, 0.5, 1), "u_a must be greater"),
    (specs.CircleSpec, (math.nan, 0.2), "s must be a finite"),
])  # fmt: skip
def test_numbers_out_of_range(cls, values, part):
    with pytest.raises(ValueError, match=part):
        cls(*values)
