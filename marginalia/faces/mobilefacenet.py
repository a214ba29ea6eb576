"""MobileFaceNet: about a million parameters, for telephones.

Source: Chen et al., MobileFaceNets (1804.07573), table 1.
"""

from __future__ import annotations

import math

from torch import Tensor, nn

ROWS = ((2, 64, 5, 2), (4, 128, 1, 2), (2, 128, 6, 1), (4, 128, 1, 2), (2, 128, 2, 1))
STEM, LAST = 64, 512
HALVINGS = 4


class MobileFaceNet(nn.Module):
    """Bottlenecks of separable convolutions; at the end a depthwise convolution as large as the map, not a mean."""

    def __init__(self, dimension: int, size: tuple[int, int]):
        super().__init__()
        layers = [*convolution(3, STEM, 3, stride=2), *convolution(STEM, STEM, 3, groups=STEM)]
        inputs = STEM
        for expansion, width, count, stride in ROWS:
            for number in range(count):
                layers.append(Bottleneck(inputs, width, expansion, 1 if number else stride))
                inputs = width
        height, width = (math.ceil(side / 2**HALVINGS) for side in size)
        self.stages = nn.Sequential(
            *layers, *convolution(inputs, LAST, 1),
            nn.Conv2d(LAST, LAST, (height, width), groups=LAST, bias=False), nn.BatchNorm2d(LAST),
        )  # fmt: skip
        self.embedding = nn.Linear(LAST, dimension, bias=False)
        self.features = nn.BatchNorm1d(dimension)

    def forward(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) -> (N, D)."""
        return self.features(self.embedding(self.stages(images).flatten(1)))


class Bottleneck(nn.Module):
    """1x1 wider, 3x3 a channel, 1x1 back, the last without an activation; x is added where the shapes are the same."""

    def __init__(self, inputs: int, outputs: int, expansion: int, stride: int):
        super().__init__()
        wide = inputs * expansion
        self.adds = stride == 1 and inputs == outputs
        self.branch = nn.Sequential(
            *convolution(inputs, wide, 1), *convolution(wide, wide, 3, stride=stride, groups=wide),
            nn.Conv2d(wide, outputs, 1, bias=False), nn.BatchNorm2d(outputs),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return x + self.branch(x) if self.adds else self.branch(x)


def convolution(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    """A convolution without bias, batch normalisation and a PReLU with a slope for each channel."""
    return [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.PReLU(outputs),
    ]
