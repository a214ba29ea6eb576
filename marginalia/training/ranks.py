"""Several processes that train as one, and the exchange of features and gradients between them.

Every process of `torchrun` is a rank and takes its share of each batch. What it computes from all ranks' features is
the loss of the whole batch, so that many processes train what one would.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn


@dataclass(frozen=True)
class Ranks:
    """number: this process, of `count`."""

    number: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this process writes files and messages."""
        return self.number == 0

    def share(self, length: int) -> slice:
        """This rank's part of so many rows; parts differ by one row at most."""
        return shares(length, self.count)[self.number]

    def wait(self) -> None:
        """Waits until all ranks have called this."""
        if self.count > 1:
            dist.barrier()

    def sum(self, values: Tensor) -> Tensor:
        """The sum over all ranks, in place."""
        if self.count > 1:
            dist.all_reduce(values)
        return values

    def largest(self, values: Tensor) -> Tensor:
        """The largest of all ranks, in place."""
        if self.count > 1:
            dist.all_reduce(values, dist.ReduceOp.MAX)
        return values

    def broadcast(self, message: Any) -> Any:
        """The first rank's message, on all ranks; it must be picklable."""
        if self.count == 1:
            return message
        box = [message]
        dist.broadcast_object_list(box, src=0)
        return box[0]


ALONE = Ranks()


def shares(length: int, count: int) -> list[slice]:
    """`length` rows cut into `count` consecutive parts, the larger ones first."""
    each, more = divmod(length, count)
    ends = [(number + 1) * each + min(number + 1, more) for number in range(count)]
    return [slice(start, end) for start, end in zip([0, *ends[:-1]], ends, strict=True)]


def join_ranks(device: torch.device | None = None) -> Ranks:
    """The ranks that torchrun started, or this process alone. NCCL between CUDA devices, Gloo between processors."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return ALONE
    cuda = device is not None and device.type == "cuda"
    dist.init_process_group("cpu:gloo,cuda:nccl" if cuda else "gloo")
    return Ranks(dist.get_rank(), dist.get_world_size())


def leave_ranks() -> None:
    if dist.is_initialized():
        dist.destroy_process_group()


def local_device(device: torch.device) -> torch.device:
    """With several CUDA devices, the one of this process."""
    if device.type == "cuda" and "LOCAL_RANK" in os.environ:
        return torch.device("cuda", int(os.environ["LOCAL_RANK"]))
    return device


def averaging(module: nn.Module, ranks: Ranks) -> nn.Module:
    """The module, whose gradients are averaged over the ranks while they are computed."""
    return nn.parallel.DistributedDataParallel(module) if ranks.count > 1 else module


def gather(features: Tensor, total: int, ranks: Ranks, in_parts: bool) -> Tensor:
    """All ranks' features: this rank's share (n, D) of `total` rows -> (total, D), with gradients.

    What follows must be the loss of the whole batch on every rank. in_parts: each rank computes only a part of its
    gradient, so that the parts are added; otherwise each has all of it. Gradients are multiplied by the number of
    ranks, since `averaging` divides by it.
    """
    return features if ranks.count == 1 else _Gather.apply(features, total, ranks, in_parts)


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, features: Tensor, total: int, ranks: Ranks, in_parts: bool) -> Tensor:
        ctx.total, ctx.ranks, ctx.in_parts = total, ranks, in_parts
        return collect(features.detach(), shares(total, ranks.count))

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        ranks: Ranks = ctx.ranks
        if ctx.in_parts:
            gradient = ranks.sum(gradient.contiguous().clone())
        return ranks.count * gradient[ranks.share(ctx.total)], None, None, None


def collect(rows: Tensor, parts: Sequence[slice]) -> Tensor:
    """The rows of all ranks, one after the other; shorter parts travel padded, as all must be of one length."""
    longest = parts[0].stop - parts[0].start
    padded = rows.new_zeros(longest, *rows.shape[1:])
    padded[: len(rows)] = rows
    received = [torch.empty_like(padded) for _ in parts]
    dist.all_gather(received, padded)
    return torch.cat([part[: where.stop - where.start] for part, where in zip(received, parts, strict=True)])
