"""A ResNet-18 cut down to the size of a digit."""

import torch.nn.functional as F
from torch import Tensor, nn

CHANNELS = (32, 64, 128)


class MiniResNet18(nn.Module):
    """Three stages of 32, 64, 128 channels: a 3x3 convolution and one residual block each, then the embedding.

    Source: He et al., Deep Residual Learning for Image Recognition, CVPR 2016, the basic block.
    """

    def __init__(self, dimension: int = 2, shape: tuple[int, int, int] = (1, 28, 28)):
        """shape: channels, height and width of an image."""
        super().__init__()
        layers: list[nn.Module] = []
        width = shape[0]
        for stage, channels in enumerate(CHANNELS):
            layers += [nn.MaxPool2d(2)] if stage else []
            layers += [nn.Conv2d(width, channels, 3, padding=1), BasicBlock(channels)]
            width = channels
        self.stages = nn.Sequential(*layers)
        self.embedding = nn.Linear(width, dimension)

    def forward(self, images: Tensor) -> Tensor:
        """(N, channels, H, W) -> (N, D)."""
        return self.embedding(self.stages(images).mean(dim=(2, 3)))


class BasicBlock(nn.Module):
    """relu(x + bn(conv(relu(bn(conv(x)))))), (N, channels, H, W) -> the same shape."""

    def __init__(self, channels: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        return F.relu(x + self.bn2(self.conv2(out)))
