"""Every head against its formula written as plain loops over images and classes."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from marginalia.losses.registry import heads

from .heads import NUMBERS, STATES, C, D, N, batch, head_named


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
    apart = x - STATES["centres"][y].numpy()
    return cross_entropy([float(np.dot(x, w[j])) for j in range(C)], y) + 0.15 * float(np.dot(apart, apart))


def scaled(head, x, y):
    w = head.weight.detach().numpy()
    return cross_entropy([STATES["scale"] * cosine(x, w[j]) for j in range(C)], y)


def sphereface2(head, x, y):
    w, b = head.weight.detach().numpy(), STATES["bias"]
    g = [2 * ((cosine(x, w[j]) + 1) / 2) ** 3 - 1 for j in range(C)]
    others = sum(softplus(8 * (g[j] + 0.2) + b) for j in range(C) if j != y)
    return (0.7 * softplus(-8 * (g[y] - 0.2) - b) + 0.3 * others) / 8


def curricular(head, x, y):
    w = head.weight.detach().numpy()
    z = [cosine(x, w[j]) for j in range(C)]
    target = (
        math.cos(math.acos(z[y]) + 0.3) if math.acos(z[y]) + 0.3 <= math.pi else -math.cos(math.acos(z[y]) + 0.3) - 2
    )
    z = [zj * (STATES["t"] + zj) if zj > target else zj for zj in z]
    z[y] = target
    return cross_entropy([6 * zj for zj in z], y)


def magface(head, x, y):
    a = min(max(float(np.linalg.norm(x)), 0.5), 3)
    m = 0.1 + 0.4 * (a - 0.5) / 2.5

    def target(theta):
        return math.cos(theta + m) if theta + m <= math.pi else -math.cos(theta + m) - 2

    return angular(head, x, y, target) + 0.7 * (1 / a + a / 9)


def adaface(head, x, y):
    z = min(max(0.5 * (float(np.linalg.norm(x)) - STATES["mean"]) / (STATES["spread"] + 0.001), -1), 1)
    return angular(head, x, y, lambda theta: math.cos(min(max(theta - 0.3 * z, 0), math.pi)) - 0.3 * (1 + z))


def sub_center(head, x, y):
    w = head.weight.detach().numpy()
    z = [max(cosine(x, w[j, k]) for k in range(3)) for j in range(C)]
    theta = math.acos(z[y]) + 0.3
    z[y] = math.cos(theta) if theta <= math.pi else -math.cos(theta) - 2
    return cross_entropy([6 * zj for zj in z], y)


def uniface(head, x, y):
    w, b = head.weight.detach().numpy(), STATES["bias"]
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
    "learned-scale": scaled,
    "AdaCos": scaled,
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
    assert set(heads()) == set(NUMBERS) == {*LOOPS, "pml"}


@pytest.mark.parametrize("name", LOOPS)
def test_the_loss_is_the_formula(name):
    head, (features, labels) = head_named(name), batch()
    expected = np.mean([LOOPS[name](head, x, y) for x, y in zip(features.numpy(), labels.tolist(), strict=True)])
    assert head.loss(features, labels).item() == pytest.approx(expected, rel=2e-5)


@pytest.mark.parametrize("name", NUMBERS)
def test_a_head_learns_and_predicts(name):
    """150 steps on features and weights: the loss falls, all numbers stay finite, and logits find the classes."""
    head, (features, labels) = head_named(name).train(), batch()
    features = features.requires_grad_()
    before = {key: value.clone() for key, value in head.named_parameters() if value.requires_grad}
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
    assert not any(torch.equal(value, head.get_parameter(key)) for key, value in before.items())
    head.eval().update_class_means(features.detach(), labels)
    logits = head.logits(features)
    assert logits.shape == (N, C)
    assert (logits.argmax(dim=1) == labels).float().mean() > 0.9
    assert head.directions().shape == (C, D)


@pytest.mark.parametrize("name", NUMBERS)
def test_features_along_a_weight_and_of_length_zero(name):
    """Where acos has no slope and a norm has no direction, gradients stay finite."""
    head = head_named(name).train()
    weight = head.directions()
    features = torch.cat((weight, -weight, torch.zeros(1, D))).requires_grad_()
    labels = torch.cat((torch.arange(C), torch.arange(C), torch.zeros(1, dtype=torch.int64)))
    head.loss(features, labels).backward()
    assert torch.isfinite(features.grad).all()
    assert all(torch.isfinite(p.grad).all() for p in head.parameters() if p.grad is not None)


@pytest.mark.parametrize("name", NUMBERS)
def test_looking_at_a_head_changes_nothing(name):
    """Neither its state nor the random numbers that training would draw next."""
    head, (features, labels) = head_named(name), batch()
    state, random = {key: value.clone() for key, value in head.state_dict().items()}, torch.get_rng_state()
    head.logits(features)
    head.margin_logits(features, labels)
    head.loss(features, labels)
    assert all(torch.equal(value, state[key]) for key, value in head.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random)
