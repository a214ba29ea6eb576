"""An object with encoder, head and optimisers that takes training steps, for digits and for faces."""

from __future__ import annotations

import contextlib
import math

import torch
from torch import Tensor, nn

from marginalia.training.ranks import Ranks, averaging


class Learner:
    """What training changes, on one rank of several: `encoder`, `head`, `optimizers`.

    network: the encoder, whose gradients are averaged over the ranks. parameters: those that every rank holds whole;
    shard: those of which each rank holds the rows of its classes. clip_norm: bound of the norm of the whole gradient.
    memory_format: of the images and kernels of the encoder.
    """

    def __init__(
        self, encoder: nn.Module, head: nn.Module, ranks: Ranks, device: torch.device, bfloat16: bool,
        clip_norm: float, dtype: torch.dtype = torch.float32, sharded: bool = False,
        memory_format: torch.memory_format = torch.channels_last,
    ):  # fmt: skip
        self.ranks, self.device, self.dtype, self.bfloat16, self.clip_norm = ranks, device, dtype, bfloat16, clip_norm
        self.memory_format = memory_format
        self.encoder = encoder.to(device, dtype).to(memory_format=memory_format)
        self.network = averaging(self.encoder, ranks)
        self.head = head.to(device, dtype)
        of_head = [p for p in self.head.parameters() if p.requires_grad]
        self.shard = of_head if sharded else []
        self.parameters = [*(p for p in self.encoder.parameters() if p.requires_grad), *([] if sharded else of_head)]
        self.optimizers: list[torch.optim.Optimizer] = []

    def encode(self, images: Tensor, network: nn.Module | None = None) -> Tensor:
        """(N, channels, H, W) -> (N, D); the network in bfloat16 where that is on, the features in `dtype`."""
        images = images.contiguous(memory_format=self.memory_format)
        autocast = torch.autocast(self.device.type, torch.bfloat16) if self.bfloat16 else contextlib.nullcontext()
        with autocast:
            return (network or self.encoder)(images).to(self.dtype)

    def update(self, loss: Tensor, rate: float) -> Tensor:
        """One step of the optimisers at this learning rate; returns the loss, not yet read back."""
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
            for group in optimizer.param_groups:
                group["lr"] = rate
        loss.backward()
        self.clip()
        for optimizer in self.optimizers:
            optimizer.step()
        return loss.detach()

    def clip(self) -> None:
        """Bounds the norm of the whole gradient, of which each rank has the encoder's and that of its own classes."""
        if not self.shard:
            nn.utils.clip_grad_norm_(self.parameters, self.clip_norm)
            return
        whole, part = (
            nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])
            for parameters in (self.parameters, self.shard)
        )
        norm = (whole.square() + self.ranks.sum(part.square().to(whole))).sqrt()
        nn.utils.clip_grads_with_norm_([*self.parameters, *self.shard], self.clip_norm, norm)

    def is_finite(self) -> bool:
        """Whether all weights are, on all ranks."""
        states = (self.encoder.state_dict(), self.head.state_dict())
        broken = sum(int(not value.isfinite().all()) for state in states for value in state.values())
        return not self.ranks.sum(torch.tensor(float(broken))).item()


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
