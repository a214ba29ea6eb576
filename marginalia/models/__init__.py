"""The encoders by the names that `--basemodel` takes."""

from torch import nn

from marginalia.models.lenet import LeNetPP
from marginalia.models.resnet import MiniResNet18

ENCODERS: dict[str, type[nn.Module]] = {"LeNet_pp": LeNetPP, "MiniResnet18": MiniResNet18}
