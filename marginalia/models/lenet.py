"""LeNet++ of the center-loss paper."""

from torch import Tensor, nn

from marginalia.models.convolution import Conv2d
from marginalia.models.prelu import PReLU

CHANNELS = (32, 64, 128)
HALVINGS = len(CHANNELS)


class LeNetPP(nn.Module):
    """Three stages of two 5x5 convolutions with PReLU and 2x2 max-pooling, then a D-dimensional embedding.

    The embedding is linear: a PReLU behind it, as some copies have, would squeeze the negative coordinates.
    Source: Wen et al., A Discriminative Feature Learning Approach for Deep Face Recognition, ECCV 2016, table 1.
    """

    def __init__(self, dimension: int = 2, shape: tuple[int, int, int] = (1, 28, 28)):
        """shape: channels, height and width of an image."""
        super().__init__()
        layers: list[nn.Module] = []
        width, *sides = shape
        for channels in CHANNELS:
            layers += [*convolution(width, channels), *convolution(channels, channels), nn.MaxPool2d(2)]
            width = channels
        self.stages = nn.Sequential(*layers)
        self.embedding = nn.Linear(width * (sides[0] // 2**HALVINGS) * (sides[1] // 2**HALVINGS), dimension)
        self.apply(kaiming)

    def forward(self, images: Tensor) -> Tensor:
        """(N, channels, H, W) -> (N, D)."""
        return self.embedding(self.stages(images).flatten(1))


def convolution(inputs: int, outputs: int) -> tuple[nn.Module, nn.Module]:
    kind = Conv2d if outputs == CHANNELS[-1] else nn.Conv2d  # only the smallest maps need it, and larger ones cost more
    return kind(inputs, outputs, kernel_size=5, padding=2), PReLU()


def kaiming(module: nn.Module) -> None:
    """He et al. 2015 for layers followed by a PReLU of slope 0.25; the embedding keeps unit gain."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, a=0.25)
    elif isinstance(module, nn.Linear):
        nn.init.kaiming_normal_(module.weight, nonlinearity="linear")
    if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)
