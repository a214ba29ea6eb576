"""Recognisers for a few hundred images: whitened Gabor filters, alone or beside a network that learns all it knows."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

OCTAVES = 3
WAVELENGTHS = (4.0, 4.0 * math.sqrt(2))
ORIENTATIONS = 8
ENVELOPE = 0.56  # sigma in wavelengths: an octave of bandwidth
RADIUS = 8
CELL = 16
MOST_CELLS = 8
STRIDE = 2  # magnitudes change slowly
DAMPING = 1.5e-3
SHARE_OF_OTHER = 0.3
TURNS_OF_OTHER = 0.85
LENGTH = 16.0
NOTHING = 1e-12
FAINT = 1e-8  # keeps the magnitudes of a plain image from being 0 / 0


class GaborNet(nn.Module):
    """Root magnitudes of 48 Gabor filters, averaged over cells of about 16 x 16 pixels, whitened, and a linear layer.

    Only the linear layer learns by the loss; it begins as the identity. The whitening is set once, by `whiten`, from
    the images to be trained on and without their labels. What is given need not be learnt from ten images each of
    thirty people.

    Source: after Deng, Hu, Guo, Gabor-Eigen-Whiten-Cosine (AMFG 2005), which compares such features as they are. Roots,
    means over cells and the damping are ours.
    """

    filters: Tensor
    mean: Tensor
    whitening: Tensor

    def __init__(self, dimension: int, size: tuple[int, int]):
        super().__init__()
        self.grid = cells_along(size[0]), cells_along(size[1])
        numbers = OCTAVES * len(WAVELENGTHS) * ORIENTATIONS * math.prod(self.grid)
        self.register_buffer("filters", gabor_filters(), persistent=False)
        self.register_buffer("mean", torch.zeros(numbers))
        self.register_buffer("whitening", torch.zeros(dimension, numbers))
        self.embedding = nn.Linear(dimension, dimension, bias=False)
        nn.init.eye_(self.embedding.weight)

    def forward(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) -> (N, D)."""
        with torch.autocast(images.device.type, enabled=False):
            return self.embedding((self.magnitudes(images) - self.mean) @ self.whitening.T)

    def magnitudes(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) -> (N, F): per image, filter and cell, of length 1 over all of an image."""
        grey, parts = images.mean(1, keepdim=True), []
        for octave in range(OCTAVES):
            seen = F.avg_pool2d(grey, 2**octave) if octave else grey
            waves = F.conv2d(F.pad(seen, (RADIUS,) * 4, mode="replicate"), self.filters, stride=STRIDE)
            even, odd = waves.chunk(2, dim=1)
            parts.append(F.adaptive_avg_pool2d((even.square() + odd.square() + FAINT).sqrt(), self.grid))
        magnitudes = torch.cat(parts, dim=1).flatten(1)
        return (magnitudes / magnitudes.sum(1, keepdim=True)).sqrt()

    def whiten(self, magnitudes: Tensor) -> None:
        """Sets the whitening by `magnitudes` (M, F) of examples: the D strongest directions, the first at one variance.

        Each direction's variance v counts as v + `DAMPING` times that of all together, so that faint ones stay faint.
        """
        examples = magnitudes.cpu().double()
        mean = examples.mean(0)
        variances, directions = torch.linalg.eigh((examples - mean).T @ (examples - mean) / len(examples))
        damped = variances.clamp_min(0) + DAMPING * variances.sum() + NOTHING
        seen = variances > NOTHING * variances.sum()
        kept = min(self.whitening.shape)
        self.mean.copy_(mean)
        self.whitening[:kept] = (directions * seen / damped.sqrt()).T.flip(0)[:kept]


class BesideGabor(nn.Module):
    """The directions of `GaborNet` and of another network in one feature of length 16; 0.7 and 0.3 of a cosine.

    In training each image teaches one of the two by chance, mostly the other: together GaborNet, which parts the people
    it is trained on almost from the start, would leave the other nothing to learn.
    """

    def __init__(self, gabor: GaborNet, other: nn.Module, size_of_other: tuple[int, int]):
        super().__init__()
        self.gabor, self.other, self.size_of_other = gabor, other, size_of_other

    def forward(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) -> (N, D)."""
        learnt = F.normalize(self.other(F.interpolate(images, self.size_of_other, mode="area"))).to(images)
        if self.training:
            others_turn = (torch.rand(len(images)) < TURNS_OF_OTHER).to(images.device)  # by the generator that is kept
            learnt = learnt * others_turn[:, None]
            given = images.new_zeros(len(images), self.gabor.embedding.out_features)
            given[~others_turn] = F.normalize(self.gabor(images[~others_turn]))
        else:
            given = F.normalize(self.gabor(images))
        return LENGTH * torch.cat((given * (1 - SHARE_OF_OTHER) ** 0.5, learnt * SHARE_OF_OTHER**0.5), dim=1)


def cells_along(side: int) -> int:
    """Of an image's side in pixels. Large images get larger cells, since whitening takes the cube of their number."""
    return min(MOST_CELLS, max(1, side // CELL))


def gabor_filters() -> Tensor:
    """Even filters, then odd ones, float (2 x wavelengths x orientations, 1, 2 RADIUS + 1, 2 RADIUS + 1)."""
    side = torch.arange(-RADIUS, RADIUS + 1.0)
    down, right = torch.meshgrid(side, side, indexing="ij")
    even, odd = [], []
    for wavelength in WAVELENGTHS:
        envelope = torch.exp(-(down.square() + right.square()) / (2 * (ENVELOPE * wavelength) ** 2))
        envelope /= envelope.sum()
        for number in range(ORIENTATIONS):
            angle = math.pi * number / ORIENTATIONS
            phase = 2 * math.pi / wavelength * (right * math.cos(angle) + down * math.sin(angle))
            cosine = envelope * phase.cos()
            even.append(cosine - envelope * cosine.sum())  # blind to plain grey
            odd.append(envelope * phase.sin())
    return torch.stack(even + odd)[:, None]
