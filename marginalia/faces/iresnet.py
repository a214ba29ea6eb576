"""ArcFace's improved residual networks, with and without squeeze and excitation.

Source: Deng et al., ArcFace (1801.07698), section 3.1; Hu et al., Squeeze-and-Excitation Networks (1709.01507).
"""

from __future__ import annotations

from torch import Tensor, nn

from marginalia.faces.spherenet import WIDTHS, cells

UNITS = {"ir18": (2, 2, 2, 2), "ir34": (3, 4, 6, 3), "ir50": (3, 4, 14, 3), "ir100": (3, 13, 30, 3)}
DROPOUT = 0.4
REDUCTION = 16


class IResNet(nn.Module):
    """Four stages of residual units, then the output BN-Dropout-FC-BN.

    units: of each stage, see UNITS. excites: whether each unit ends with squeeze and excitation.
    """

    def __init__(self, units: tuple[int, ...], dimension: int, size: tuple[int, int], excites: bool = False):
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, WIDTHS[0], 3, padding=1, bias=False), nn.BatchNorm2d(WIDTHS[0])]
        layers.append(nn.PReLU(WIDTHS[0]))
        inputs = WIDTHS[0]
        for width, count in zip(WIDTHS, units, strict=True):
            for number in range(count):
                layers.append(IRUnit(inputs, width, 1 if number else 2, excites))
                inputs = width
        self.stages = nn.Sequential(*layers, nn.BatchNorm2d(inputs), nn.Dropout(DROPOUT))
        self.embedding = nn.Linear(cells(size) * inputs, dimension)
        self.features = nn.BatchNorm1d(dimension)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="linear")

    def forward(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) -> (N, D)."""
        return self.features(self.embedding(self.stages(images).flatten(1)))


class IRUnit(nn.Module):
    """BN-Conv-BN-PReLU-Conv-BN beside a shortcut; the second convolution has the stride."""

    def __init__(self, inputs: int, outputs: int, stride: int, excites: bool):
        super().__init__()
        self.branch = nn.Sequential(
            nn.BatchNorm2d(inputs), nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs),
            nn.PReLU(outputs), nn.Conv2d(outputs, outputs, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(outputs), *([Excitation(outputs)] if excites else []),
        )  # fmt: skip
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        return self.shortcut(x) + self.branch(x)


class Excitation(nn.Module):
    """Each channel times a factor in (0, 1) that the means of all channels decide, (N, channels, H, W) -> the same."""

    def __init__(self, channels: int):
        super().__init__()
        narrow = channels // REDUCTION
        self.factors = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, narrow, 1, bias=False), nn.ReLU(),
            nn.Conv2d(narrow, channels, 1, bias=False), nn.Sigmoid(),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factors(x)
