"""What single heads keep beside their weights, and numbers that no head takes."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from losses import specs

from .heads import C, D, N, batch, head_named


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
    assert head.loss(features, labels) == head.loss(features, labels)
    head.train()
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
