"""SphereFace's networks of 4 to 64 layers.

Source: Liu et al., SphereFace (1704.08063), table 2.
"""

from __future__ import annotations

from torch import Tensor, nn

from marginalia.models.prelu import PReLU

WIDTHS = (64, 128, 256, 512)
UNITS = {"sphere4": (0, 0, 0, 0), "sphere20": (1, 2, 4, 1), "sphere36": (2, 4, 8, 2), "sphere64": (3, 8, 16, 3)}
HALVINGS = 4


class SphereNet(nn.Module):
    """Four stages, each a 3x3 convolution of stride 2 and some residual units, then the features.

    units: residual units of each stage, see UNITS. There is one slope for each PReLU, where the paper has one a
    channel: its backward is much cheaper on a processor.
    """

    def __init__(self, units: tuple[int, ...], dimension: int, size: tuple[int, int]):
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3
        for width, count in zip(WIDTHS, units, strict=True):
            layers += [nn.Conv2d(inputs, width, 3, stride=2, padding=1), PReLU()]
            layers += [SphereUnit(width) for _ in range(count)]
            inputs = width
        self.stages = nn.Sequential(*layers)
        self.embedding = nn.Linear(cells(size) * inputs, dimension)
        self.apply(sphere_start)
        for module in self.modules():
            if isinstance(module, SphereUnit):
                module.start()

    def forward(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) -> (N, D)."""
        return self.embedding(self.stages(images).flatten(1))


class SphereUnit(nn.Module):
    """x + two 3x3 convolutions with PReLU, (N, channels, H, W) -> the same shape."""

    def __init__(self, channels: int):
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False), PReLU(),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False), PReLU(),
        )  # fmt: skip

    def start(self) -> None:
        for module in self.branch:
            if isinstance(module, nn.Conv2d):
                nn.init.normal_(module.weight, std=0.01)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.branch(x)


def sphere_start(module: nn.Module) -> None:
    """Xavier for what changes the width, as in the paper's published network."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def cells(size: tuple[int, int]) -> int:
    """Places of the last stage, after four halvings, rounded up, of an image (H, W)."""
    height, width = (-(-side // 2**HALVINGS) for side in size)
    return height * width
