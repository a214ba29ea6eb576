"""A convolution whose weight gradient leaves the processor to other programs while its threads wait."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

FEW_PLACES = 3000


class Conv2d(nn.Conv2d):
    """nn.Conv2d of stride 1 with bias, which it equals; where there are few places, the gradient is a matrix product.

    For fewer than about 3,000 places (images times height times width) PyTorch takes a kernel of oneDNN whose threads
    wait for each other in a loop. Alone it is as fast; beside a second training it takes seventy times as long, since a
    thread that waits keeps the processor from the one it waits for. See benchmarks/README.md.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, K, H', W')."""
        if x.device.type != "cpu" or len(x) * x.shape[2] * x.shape[3] >= FEW_PLACES or self.bias is None:
            return super().forward(x)
        autocast = torch.is_autocast_enabled("cpu")
        number_format = torch.get_autocast_dtype("cpu") if autocast else x.dtype
        x, weight, bias = (tensor.to(number_format) for tensor in (x, self.weight, self.bias))
        return _ByProduct.apply(x, weight, bias, self.padding)


class _ByProduct(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, padding: tuple[int, int]) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.padding = padding
        return F.conv2d(x, weight, bias, padding=padding)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        x, weight = ctx.saved_tensors
        outputs, inputs, height, width = weight.shape
        mask = [True, False, False]
        to_x, _, _ = torch.ops.aten.convolution_backward(
            gradient, x, weight, None, [1, 1], ctx.padding, [1, 1], False, [0, 0], 1, mask
        )
        rows, columns = ctx.padding
        padded = F.pad(x.permute(2, 0, 3, 1), (0, 0, columns, columns, 0, 0, rows, rows))
        strips = padded.unfold(2, width, 1).permute(0, 1, 2, 4, 3).flatten(1, 2).flatten(2)
        flat = gradient.permute(1, 2, 0, 3).flatten(1)
        to_row = [flat @ strips[row : row + len(padded) - height + 1].flatten(0, 1) for row in range(height)]
        to_weight = torch.stack(to_row, dim=1).view(outputs, height, width, inputs).permute(0, 3, 1, 2)
        return to_x, to_weight, flat.sum(dim=1), None
