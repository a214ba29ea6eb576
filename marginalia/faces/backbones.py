"""Networks from a face to its features, by the names that --backbone takes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torchvision
from torch import Tensor, nn

from marginalia.core.errors import InputError
from marginalia.core.parsing import nearest
from marginalia.faces import iresnet, spherenet
from marginalia.faces.iresnet import DROPOUT, IResNet
from marginalia.faces.mobilefacenet import MobileFaceNet
from marginalia.faces.recipe import BACKBONE_NAMES, LIBRARIES
from marginalia.faces.spherenet import SphereNet, cells
from marginalia.training.tensors import first_line

NARROW = (32, 64, 128, 256)
Build = Callable[[int, tuple[int, int]], nn.Module]


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


def of_torchvision(name: str) -> Build:
    """Without weights, its last layer as wide as the features."""
    return lambda dimension, size: torchvision.models.get_model(name, weights=None, num_classes=dimension)


def of_timm(name: str) -> Build:
    """Without weights, its last layer as wide as the features; for images of this size where it depends on that."""

    def build(dimension: int, size: tuple[int, int]) -> nn.Module:
        timm = installed_timm()
        try:
            return timm.create_model(name, pretrained=False, num_classes=dimension, img_size=size)
        except TypeError:  # most networks take any size
            return timm.create_model(name, pretrained=False, num_classes=dimension)

    return build


def installed_timm() -> Any:
    """Raises InputError if timm is not installed."""
    try:
        import timm
    except ImportError as error:
        raise InputError(
            f"timm is not installed ({error}); install it with: pip install 'marginalia-viz[timm]'"
        ) from None
    return timm


def ours() -> dict[str, Build]:
    """The networks of BACKBONE_NAMES."""
    found: dict[str, Build] = {"conv4": Conv4, "mobilefacenet": MobileFaceNet}
    for name, units in spherenet.UNITS.items():
        found[name] = partial(SphereNet, units)
    for name, units in iresnet.UNITS.items():
        found[name] = partial(IResNet, units)
        found[f"{name}_se"] = partial(IResNet, units, excites=True)
    return {name: found.get(name) or of_torchvision(name) for name in BACKBONE_NAMES}


BACKBONES = ours()


def build_backbone(name: str, dimension: int, size: tuple[int, int]) -> nn.Module:
    """A network with fresh weights for images (H, W): float (N, 3, H, W) -> (N, dimension), at least in training.

    Raises InputError for a library's network that it does not have, or that cannot take images of this size.
    """
    if name in BACKBONES:
        return BACKBONES[name](dimension, size)
    library, _, of_library = name.partition(":")
    known = installed_timm().list_models() if library == LIBRARIES[0] else torchvision.models.list_models()
    if of_library not in known:
        raise InputError(f"{library} has no network {of_library!r}; {nearest(of_library, known)}")
    build = (of_timm if library == LIBRARIES[0] else of_torchvision)(of_library)
    try:
        with torch.device("meta"):
            found = build(dimension, size)(torch.zeros(2, 3, *size))
        if found.shape != (2, dimension):
            raise ValueError(f"it gives {tuple(found.shape)} for two images")
        return build(dimension, size)
    except (TypeError, ValueError, AssertionError, RuntimeError, AttributeError, NotImplementedError) as error:
        raise InputError(f"{name} gives no features of {size[0]}x{size[1]} ({first_line(error)})") from None


def meta_backbone(name: str, dimension: int, size: tuple[int, int]) -> nn.Module:
    """The network on the meta device: its layers without values and without memory."""
    with torch.device("meta"):
        return build_backbone(name, dimension, size)
