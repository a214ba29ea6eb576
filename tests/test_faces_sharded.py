"""The sharded last layer in one process: its loss and gradient, what it samples, who has which classes."""

from __future__ import annotations

import pytest
import torch

from marginalia.core.errors import InputError
from marginalia.faces.heads import head_numbers
from marginalia.faces.sharded import ShardedCrossEntropy, ShardedHead, initial_rows
from marginalia.losses.angle_linear import AngleLinear
from marginalia.training.ranks import ALONE, Ranks, shares


def test_what_is_sampled():
    head = ShardedHead(head_numbers("CosFace", few=True), 4, 40, ALONE, rate=0.25)
    labels = torch.tensor([3, 3, 39, 17])
    seen = []
    for seed in (1, 1, 2):
        head.sample(seed)
        kept, places = head.chosen(labels)
        assert len(kept) == 10
        assert torch.equal(kept[places], labels)
        seen.append(kept.tolist())
    assert seen[0] == seen[1] != seen[2]
    head.sample(10**19)
    assert len(head.chosen(labels)[0]) == 10
    head.sample(0)
    assert set(head.chosen(torch.arange(40))[0].tolist()) == set(range(40))  # positives are never left out


def test_one_rank_is_angle_linear_itself():
    spec = head_numbers("ArcFace", few=True)
    head, plain = ShardedHead(spec, 5, 7, ALONE), AngleLinear(5, 7, spec)
    plain.load_state_dict(head.shard.state_dict())
    features, labels = torch.randn(6, 5, generator=torch.Generator().manual_seed(0)), torch.arange(6)
    losses = head.loss(features, labels, 6), plain.loss(features, labels)
    torch.testing.assert_close(*losses)
    for loss in losses:
        loss.backward()
    torch.testing.assert_close(head.shard.weight.grad, plain.weight.grad)


def test_the_gradient_of_the_sharded_cross_entropy():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(4, 5, dtype=torch.float64, generator=generator, requires_grad=True)
    labels = torch.tensor([0, 4, 2, 2])
    assert torch.autograd.gradcheck(lambda z: ShardedCrossEntropy.apply(3 * z, labels, ALONE), (logits,))
    large = 1e4 * logits.detach()
    torch.testing.assert_close(
        ShardedCrossEntropy.apply(large, labels, ALONE), torch.nn.functional.cross_entropy(large, labels)
    )


def test_first_weights_do_not_depend_on_who_asks():
    whole = initial_rows(10_000, 3, slice(0, 10_000), 0)
    for count in (2, 3):
        parts = [initial_rows(10_000, 3, rows, 0) for rows in shares(10_000, count)]
        assert torch.equal(torch.cat(parts), whole)
    assert abs(float(whole.std()) - 0.01) < 1e-4
    assert not torch.equal(whole, initial_rows(10_000, 3, slice(0, 10_000), 1))


def test_shares():
    assert [(part.start, part.stop) for part in shares(7, 3)] == [(0, 3), (3, 5), (5, 7)]
    assert [part.stop - part.start for part in shares(2, 3)] == [1, 1, 0]


def test_fewer_classes_than_ranks_are_refused():
    with pytest.raises(InputError, match="7 identities are too few for 8 processes"):
        ShardedHead(head_numbers("CosFace", few=True), 4, 7, Ranks(0, 8))
