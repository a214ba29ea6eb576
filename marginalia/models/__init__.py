"""The encoders by the names that `--basemodel` takes."""

from collections.abc import Callable

from torch import nn

from marginalia.models.lenet import LeNetPP
from marginalia.models.resnet import MiniResNet18
from marginalia.models.tiny import Tiny

ENCODERS: dict[str, Callable[..., nn.Module]] = {"LeNet_pp": LeNetPP, "MiniResnet18": MiniResNet18, "tiny": Tiny}
