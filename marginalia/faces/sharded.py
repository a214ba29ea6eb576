"""Class weights spread over the ranks, so that millions of identities fit; the softmax over all of them stays exact.

Source: An et al., Partial FC (2010.05222), for the layout and for sampling; the softmax over shards is plain algebra.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from marginalia.core.errors import InputError
from marginalia.core.margin import MarginSpec
from marginalia.losses.angle_linear import AngleLinear
from marginalia.losses.head import SHORT
from marginalia.training.ranks import Ranks, gather

BLOCK = 4096


class ShardedHead(nn.Module):
    """AngleLinear over C classes, of which this rank holds the rows `rows` of the weights.

    rate: the share of a rank's classes that each step looks at, always those of the batch and others by chance; 1 is
    exact. Call `sample(seed)` before each step then.
    Raises InputError if there are fewer classes than ranks, or a rate is asked of a loss whose weights have lengths.
    """

    def __init__(self, spec: MarginSpec, dimension: int, classes: int, ranks: Ranks, seed: int = 0, rate: float = 1.0):
        super().__init__()
        if classes < ranks.count:
            raise InputError(f"{classes} identities are too few for {ranks.count} processes; start fewer")
        self.ranks, self.rate, self.classes = ranks, rate, classes
        self.rows = ranks.share(classes)
        self.shard = Shard(dimension, self.rows.stop - self.rows.start, spec)
        with torch.no_grad():
            self.shard.weight.copy_(initial_rows(classes, dimension, self.rows, seed))
        self.generator = torch.Generator()

    def sample(self, seed: int) -> None:
        """Decides which negative classes the next step sees."""
        self.generator.manual_seed(seed % 2**63)

    def loss(self, features: Tensor, labels: Tensor, total: int) -> Tensor:
        """This rank's features (n, D) and int64 labels (total,) of the whole batch -> its mean loss, on every rank."""
        everything = gather(features, total, self.ranks, in_parts=True)
        mine = labels - self.rows.start
        mine = torch.where((mine >= 0) & (mine < len(self.shard.weight)), mine, -1)
        if self.rate == 1:
            return ShardedCrossEntropy.apply(self.shard(everything, mine), mine, self.ranks)
        kept, mine = self.chosen(mine)
        weights = {"weight": self.shard.weight[kept]}
        return ShardedCrossEntropy.apply(functional_call(self.shard, weights, (everything, mine)), mine, self.ranks)

    def chosen(self, mine: Tensor) -> tuple[Tensor, Tensor]:
        """Rows of the shard to look at, ascending, and the labels as numbers among them."""
        count = len(self.shard.weight)
        chances = torch.rand(count, generator=self.generator).to(mine.device)
        positive = mine[mine >= 0].unique()
        chances[positive] = 2.0
        size = max(round(self.rate * count), len(positive), 1)
        kept = chances.topk(size).indices.sort().values
        place = torch.full((count + 1,), -1, dtype=torch.int64, device=mine.device)
        place[kept] = torch.arange(size, device=mine.device)
        return kept, place[mine]


class Shard(AngleLinear):
    """Some of the classes; labels of other ranks' classes are -1 and get no margin here."""

    def margin_logits(self, features: Tensor, labels: Tensor) -> Tensor:
        """(N, D) and int64 (N,) -> (N, classes here)."""
        here = labels >= 0
        with_target, without_target = here.nonzero().squeeze(1), (~here).nonzero().squeeze(1)
        logits = torch.cat(
            (super().margin_logits(features[with_target], labels[with_target]), self.logits(features[without_target]))
        )
        return logits[torch.cat((with_target, without_target)).argsort()]


class ShardedCrossEntropy(torch.autograd.Function):
    """mean_i (log sum_j exp z_ij - z_iy) with the columns j spread over the ranks; needs three numbers a row of each.

    The gradient (softmax - one_hot) / N of a rank's own columns follows from them without more traffic.
    """

    @staticmethod
    def forward(ctx: Any, logits: Tensor, labels: Tensor, ranks: Ranks) -> Tensor:
        here = labels >= 0
        largest = ranks.largest(logits.amax(dim=1))
        powers = (logits - largest[:, None]).exp()
        target = torch.zeros_like(largest)
        target[here] = (logits - largest[:, None])[here, labels[here]]
        sums = ranks.sum(torch.stack((powers.sum(dim=1), target)))
        ctx.save_for_backward(powers, sums[0], labels)
        return (sums[0].log() - sums[1]).mean()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        powers, total, labels = ctx.saved_tensors
        here = labels >= 0
        slope = powers / total[:, None]
        slope[here, labels[here]] -= 1
        return slope * (gradient / len(labels)), None, None


def initial_rows(classes: int, dimension: int, rows: slice, seed: int) -> Tensor:
    """Rows of a random (C, D) that is the same whichever rank asks; each looks only at blocks of its own rows."""
    blocks = []
    for number in range(rows.start // BLOCK, (rows.stop - 1) // BLOCK + 1):
        generator = torch.Generator().manual_seed(seed * 1_000_003 + number)
        start = number * BLOCK
        block = SHORT * torch.randn(min(BLOCK, classes - start), dimension, generator=generator)
        blocks.append(block[max(0, rows.start - start) : rows.stop - start])
    return torch.cat(blocks)
