"""Networks from a face to its features, by the names that --backbone takes."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torchvision
from torch import Tensor, nn

from marginalia.models.prelu import PReLU

WIDTHS = (64, 128, 256, 512)
NARROW = (32, 64, 128, 256)
IR50_UNITS = (3, 4, 14, 3)
DROPOUT = 0.4
HALVINGS = 4


class SphereNet(nn.Module):
    """SphereFace's network: four stages, each a 3x3 convolution of stride 2 and some residual units, then the features.

    units: residual units of each stage; (0, 0, 0, 0) is the paper's 4-layer network, (1, 2, 4, 1) its 20-layer one.
    One slope for each PReLU, where the paper has one a channel: its backward is much cheaper on a processor.
    Source: Liu et al., SphereFace (1704.08063), table 2.
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


class Conv4(nn.Module):
    """Four strided 3x3 convolutions with batch normalisation and ArcFace's output, for a few hundred images.

    Dropout before the features matters more than depth there.
    """

    def __init__(self, dimension: int, size: tuple[int, int]):
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3
        for width in NARROW:
            layers += [nn.Conv2d(inputs, width, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            inputs = width
        self.stages = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(DROPOUT))
        self.embedding = nn.Linear(cells(size) * inputs, dimension)
        self.features = nn.BatchNorm1d(dimension, affine=False)

    def forward(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) -> (N, D)."""
        return self.features(self.embedding(self.stages(images)))


class IR50(nn.Module):
    """ArcFace's improved residual network of 50 layers with the output BN-Dropout-FC-BN.

    Source: Deng et al., ArcFace (1801.07698), section 3.1.
    """

    def __init__(self, dimension: int, size: tuple[int, int]):
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, WIDTHS[0], 3, padding=1, bias=False), nn.BatchNorm2d(WIDTHS[0])]
        layers.append(nn.PReLU(WIDTHS[0]))
        inputs = WIDTHS[0]
        for width, count in zip(WIDTHS, IR50_UNITS, strict=True):
            for number in range(count):
                layers.append(IRUnit(inputs, width, stride=1 if number else 2))
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

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.branch = nn.Sequential(
            nn.BatchNorm2d(inputs), nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs),
            nn.PReLU(outputs), nn.Conv2d(outputs, outputs, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
        )  # fmt: skip
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        return self.shortcut(x) + self.branch(x)


def cells(size: tuple[int, int]) -> int:
    """Places of the last stage, after four halvings, rounded up, of an image (H, W)."""
    height, width = (-(-side // 2**HALVINGS) for side in size)
    return height * width


def sphere(*units: int) -> Callable[[int, tuple[int, int]], nn.Module]:
    return lambda dimension, size: SphereNet(units, dimension, size)


def of_torchvision(name: str) -> Callable[[int, tuple[int, int]], nn.Module]:
    """Without weights, its last layer as wide as the features."""
    return lambda dimension, size: torchvision.models.get_model(name, weights=None, num_classes=dimension)


BACKBONES: dict[str, Callable[[int, tuple[int, int]], nn.Module]] = {
    "conv4": Conv4,
    "sphere4": sphere(0, 0, 0, 0),
    "sphere20": sphere(1, 2, 4, 1),
    "ir50": IR50,
    "resnet50": of_torchvision("resnet50"),
    "mobilenet_v3_large": of_torchvision("mobilenet_v3_large"),
    "mobilenet_v3_small": of_torchvision("mobilenet_v3_small"),
    "efficientnet_b0": of_torchvision("efficientnet_b0"),
}


def build_backbone(name: str, dimension: int, size: tuple[int, int]) -> nn.Module:
    """A network with fresh weights for images (H, W): float (N, 3, H, W) -> (N, dimension), at least in training."""
    return BACKBONES[name](dimension, size)


def meta_backbone(name: str, dimension: int, size: tuple[int, int]) -> nn.Module:
    """The network on the meta device: its layers without values and without memory."""
    with torch.device("meta"):
        return build_backbone(name, dimension, size)
