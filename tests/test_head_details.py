"""What single heads keep beside their weights, and numbers that no head takes."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from marginalia.losses.registry import build_head, heads

from .heads import STATES, C, D, N, batch, head_named, spec


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
    head, (features, _) = head_named("AdaCos").train(), batch()
    labels = head.logits(features).argmax(dim=1)
    first = math.sqrt(2) * math.log(C - 1)
    assert build_head(spec("AdaCos"), D, C, "random").scale.item() == pytest.approx(first)
    cosines = head.cosines(features).detach().double().numpy()
    y = labels.numpy()
    others = [sum(math.exp(first * cosines[i, j]) for j in range(C) if j != y[i]) for i in range(N)]
    angles = sorted(math.acos(cosines[i, y[i]]) for i in range(N))
    head.loss(features, labels)
    expected = math.log(np.mean(others)) / math.cos(min(math.pi / 4, angles[(N - 1) // 2]))
    assert expected > 1
    assert head.scale.item() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("classes", [2, 10])
def test_adacos_keeps_its_scale_in_bounds_in_two_dimensions(classes):
    head = build_head(spec("AdaCos"), 2, classes, "even").train()
    features, right = 3 * head.weight.detach(), torch.arange(classes)
    most = math.sqrt(2) * (head.first_scale + math.log(max(classes - 1, 2)))
    found = []
    for labels in (right, (right + 1) % classes):
        for _ in range(20):
            head.loss(features, labels)
        found.append(head.scale.item())
    assert 1 <= found[0] <= found[1] <= most
    assert (found[0] == 1) == (classes == 2)


def test_curricular_t_follows_the_target_cosine():
    head, (features, labels) = head_named("CurricularFace").train(), batch()
    mean = head.cosines(features).gather(1, labels[:, None]).mean().item()
    head.loss(features, labels)
    assert head.t.item() == pytest.approx(0.99 * STATES["t"] + 0.01 * mean, rel=1e-4)


def test_adaface_follows_the_lengths():
    head, (features, labels) = head_named("AdaFace").train(), batch()
    lengths = features.norm(dim=1)
    head.loss(features, labels)
    assert head.mean.item() == pytest.approx(0.99 * STATES["mean"] + 0.01 * lengths.mean().item(), rel=1e-5)
    assert head.spread.item() == pytest.approx(0.99 * STATES["spread"] + 0.01 * lengths.std().item(), rel=1e-5)


def test_sphereface_r_leaves_the_margin_out_of_the_gradient():
    for version in (1, 2):
        head, (features, labels) = head_named("SphereFace-R", s=6, m=1.5, version=version), batch()
        bent = head.with_margin(features, head.cosines(features), labels).detach()
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
        mine = theta.gather(1, labels[:, None])
        target = (1.5 * mine).clamp_max(math.pi) if version == 1 else mine
        np.testing.assert_allclose(bent.gather(1, labels[:, None]), target.cos(), rtol=1e-4, atol=1e-5)
        expected = theta if version == 1 else theta / 1.5
        np.testing.assert_allclose(
            bent.gather(1, other[:, None]), expected.cos().gather(1, other[:, None]), rtol=1e-4, atol=1e-5
        )


def test_sphereface2_starts_where_the_bias_has_no_slope():
    features = torch.zeros(1, D)
    features[0, 1] = 1
    for classes, r in ((C, 8.0), (C, 40.0), (2, 100.0)):
        head = build_head(spec("SphereFace2", r=r, m=0.4, t=3, balance=0.7), D, classes, "random")
        with torch.no_grad():
            head.weight.zero_()
            head.weight[:, 0] = 1
        head.loss(features, torch.tensor([1])).backward()
        assert abs(head.bias.grad.item()) < 1e-5


def test_elastic_margins_differ_from_image_to_image():
    head, (features, labels) = head_named("ElasticFace", s=6, m=0.3, sigma=0.2), batch()
    assert head.loss(features, labels) == head.loss(features, labels)
    head.train()
    assert head.loss(features, labels) != head.loss(features, labels)
    margins = head.margins(torch.zeros(10_000, 1))
    assert margins.mean().item() == pytest.approx(0.3, abs=0.01)
    assert margins.std().item() == pytest.approx(0.2, abs=0.01)


def slope(loss, features: torch.Tensor) -> np.ndarray:
    """The gradient of a scalar function of float64 features by central differences."""
    gradient = np.zeros(features.shape)
    for place in np.ndindex(*features.shape):
        step = torch.zeros_like(features)
        step[place] = 1e-5
        gradient[place] = (loss(features + step) - loss(features - step)).item() / 2e-5
    return gradient


def test_circle_takes_its_weights_as_constants():
    head, (features, labels) = head_named("Circle"), batch()
    features, labels, m, s = features[:5], labels[:5], head.spec.m, head.spec.s
    rows = torch.arange(5)
    w = head.weight.detach().double()

    def cosines(x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.normalize(x) @ torch.nn.functional.normalize(w).T

    frozen = cosines(features.double())
    pull, push = (1 + m - frozen[rows, labels]).clamp_min(0), (frozen + m).clamp_min(0)

    def with_constants(x: torch.Tensor) -> torch.Tensor:
        logits = s * push * (cosines(x) - m)
        logits[rows, labels] = s * pull * (cosines(x)[rows, labels] - 1 + m)
        return torch.nn.functional.cross_entropy(logits, labels)

    features.requires_grad_()
    head.loss(features, labels).backward()
    np.testing.assert_allclose(features.grad, slope(with_constants, features.detach().double()), rtol=1e-3, atol=1e-5)


def test_magface_wants_length_with_a_gradient():
    """Along each feature, of all that the loss says: the margin's slope and that of the regulariser."""
    head, (features, labels) = head_named("MagFace"), batch()
    features = 1.5 * torch.nn.functional.normalize(features[:4])
    labels = labels[:4]
    features.requires_grad_()
    head.loss(features, labels).backward()
    got = (features.grad * torch.nn.functional.normalize(features.detach())).sum(dim=1)

    def at(length: float, number: int) -> float:
        one = length * torch.nn.functional.normalize(features.detach()[number : number + 1])
        return head.loss(one, labels[number : number + 1]).item() / 4

    expected = [(at(1.51, number) - at(1.49, number)) / 0.02 for number in range(4)]
    np.testing.assert_allclose(got, expected, rtol=0.02, atol=1e-3)
    wants_length = head.spec.weight * (-1 / 1.5**2 + 1 / head.spec.u_a**2) / 4
    assert all(abs(value - wants_length) > 1e-3 for value in expected)


def test_sub_center_draws_the_direction_that_most_images_choose():
    head, (features, labels) = head_named("sub-center").train(), batch()
    for _ in range(3):
        head.margin_logits(features, labels)
    for j in range(C):
        cosines = torch.nn.functional.normalize(features[labels == j]) @ torch.nn.functional.normalize(head.weight[j]).T
        most = torch.bincount(cosines.argmax(dim=1), minlength=3).argmax()
        torch.testing.assert_close(head.directions()[j], head.weight[j, most].detach())


@pytest.mark.parametrize(("name", "values", "part"), [
    ("center", (-1, 0.5), "weight must be at least 0"),
    ("center", (1, 0), "alpha must be greater than 0"),
    ("SphereFace2", (40, 0.4, 3, 1), "balance must be a finite number up to 0.999"),
    ("MagFace", (4, 3, 2, 0.1, 0.5, 1), "u_a must be greater"),
    ("Circle", (math.nan, 0.2), "s must be a finite"),
])  # fmt: skip
def test_numbers_out_of_range(name, values, part):
    with pytest.raises(ValueError, match=part):
        heads()[name].Spec(*values)
