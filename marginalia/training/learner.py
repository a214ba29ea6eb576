"""An object with encoder, head and optimisers that takes training steps, for digits and for faces."""

from __future__ import annotations

import contextlib
import math
from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn

from marginalia.training.loss_scale import LossScale
from marginalia.training.ranks import Ranks, averaging


class Learner:
    """What training changes, on one rank of several: `encoder`, `head`, `optimizers`.

    network: the encoder, whose gradients are averaged over the ranks. parameters: those that every rank holds whole;
    shard: those of which each rank holds the rows of its classes. autocast: the number format in which the encoder
    computes where it can, or None for `dtype`. clip_norm: bound of the norm of the whole gradient. memory_format: of
    the images and kernels of the encoder. loss_scale: there if gradients in float16 would vanish.
    """

    loss_scale: LossScale | None = None

    def __init__(
        self, encoder: nn.Module, head: nn.Module, ranks: Ranks, device: torch.device,
        autocast: torch.dtype | None, clip_norm: float, dtype: torch.dtype = torch.float32, sharded: bool = False,
        memory_format: torch.memory_format = torch.channels_last,
    ):  # fmt: skip
        self.ranks, self.device, self.dtype, self.autocast, self.clip_norm = ranks, device, dtype, autocast, clip_norm
        self.memory_format = memory_format
        self.encoder = encoder.to(device, dtype).to(memory_format=memory_format)
        self.network = averaging(self.encoder, ranks)
        self.head = head.to(device, dtype)
        of_head = [p for p in self.head.parameters() if p.requires_grad]
        self.shard = of_head if sharded else []
        self.parameters = [*(p for p in self.encoder.parameters() if p.requires_grad), *([] if sharded else of_head)]
        self.optimizers: list[torch.optim.Optimizer] = []

    def encode(self, images: Tensor, network: nn.Module | None = None) -> Tensor:
        """(N, channels, H, W) -> (N, D); the network in its number format, the features in `dtype`."""
        images = images.contiguous(memory_format=self.memory_format)
        with computing_in(self.autocast, self.device):
            return (network or self.encoder)(images).to(self.dtype)

    def update(self, loss: Tensor, rate: float) -> Tensor:
        """One step of the optimisers at this learning rate; returns the loss, not yet read back."""
        self.forget_gradients()
        self.add_gradients(loss)
        self.apply_gradients(rate)
        return loss.detach()

    def forget_gradients(self) -> None:
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)

    def add_gradients(self, loss: Tensor) -> None:
        """Those of a loss are added to those that are there."""
        (loss if self.loss_scale is None else loss * self.loss_scale.value).backward()

    def apply_gradients(self, rate: float) -> None:
        """A step of the optimisers; left out where gradients overflowed and a smaller scale of the loss mends that."""
        if self.loss_scale is not None:
            self.loss_scale.take_out([p.grad for p in (*self.parameters, *self.shard) if p.grad is not None])
        norm = self.clip()
        if self.loss_scale is not None and not self.loss_scale.keeps(bool(norm.isfinite())):
            return
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()

    def clip(self) -> Tensor:
        """Bounds the norm of the whole gradient, of which each rank has the encoder's and that of its own classes.

        Returns the norm that it had.
        """
        if not self.shard:
            return nn.utils.clip_grad_norm_(self.parameters, self.clip_norm)
        whole, part = (
            nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])
            for parameters in (self.parameters, self.shard)
        )
        norm = (whole.square() + self.ranks.sum(part.square().to(whole))).sqrt()
        nn.utils.clip_grads_with_norm_([*self.parameters, *self.shard], self.clip_norm, norm)
        return norm

    def is_finite(self) -> bool:
        """Whether all weights are, on all ranks."""
        states = (self.encoder.state_dict(), self.head.state_dict())
        broken = sum(int(not value.isfinite().all()) for state in states for value in state.values())
        return not self.ranks.sum(torch.tensor(float(broken))).item()


def computing_in(autocast: torch.dtype | None, device: torch.device) -> AbstractContextManager:
    """Where an encoder computes in this number format, if there is one."""
    return contextlib.nullcontext() if autocast is None else torch.autocast(device.type, autocast)


def decaying(parameters: list[nn.Parameter], weight_decay: float) -> list[dict[str, object]]:
    """The groups of an optimiser: matrices and kernels decay; slopes, biases and normalisation layers do not."""
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]


def one_cycle(progress: float, warmup: float) -> float:
    """Rate over peak rate at `progress` in [0, 1): a line up over `warmup`, then half a cosine down to 0.

    Source: Smith and Topin, Super-Convergence (1708.07120), in one phase down.
    """
    if progress < warmup:
        return 0.04 + 0.96 * progress / warmup
    return 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup)))
