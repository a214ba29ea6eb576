"""A recogniser for a few hundred images: whitened Gabor filters, which learn nothing, beside a network that does."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

OCTAVES = 3
WAVELENGTHS = (4.0, 4.0 * math.sqrt(2))
ORIENTATIONS = 8
MIRRORED = [-number % ORIENTATIONS for number in range(ORIENTATIONS)]
ENVELOPE = 0.56  # sigma in wavelengths: an octave of bandwidth
RADIUS = 8
CELL = 16
MOST_CELLS = 8
STRIDE = 2  # magnitudes change slowly
DAMPING = 1.5e-3
BETWEEN = 0.1
SHARE_LEARNT = 0.2
NOTHING = 1e-12
FAINT = 1e-8  # keeps the magnitudes of a plain image from being 0 / 0


class WhitenedGabor(nn.Module):
    """Magnitudes of 48 Gabor filters, averaged over cells and with those of the mirrored image; their roots, whitened
    by how those of one person differ in the images to be trained on. Nothing learns by a gradient.

    Cells are about 16 x 16 pixels, and larger in images that would have more than 8 of them in a row or column.

    Source: after Deng, Hu, Guo, Gabor-Eigen-Whiten-Cosine (AMFG 2005), who whiten by all differences. Roots, means over
    cells and mirror images, and the damping are ours.
    """

    filters: Tensor
    mean: Tensor
    whitening: Tensor

    def __init__(self, size: tuple[int, int]):
        super().__init__()
        self.grid = cells_along(size[0]), cells_along(size[1])
        self.columns = (self.grid[1] + 1) // 2  # the others are their mirror images
        features = OCTAVES * len(WAVELENGTHS) * ORIENTATIONS * self.grid[0] * self.columns
        self.register_buffer("filters", gabor_filters())
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("whitening", torch.eye(features))

    def forward(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) -> (N, F)."""
        with torch.autocast(images.device.type, enabled=False):
            return (self.magnitudes(images) - self.mean) @ self.whitening.T

    def magnitudes(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) -> (N, F): of length 1. The same for a mirrored image, where W is a multiple of 8."""
        grey, octaves = images.mean(1, keepdim=True), []
        for octave in range(OCTAVES):
            seen = F.avg_pool2d(grey, 2**octave) if octave else grey
            waves = F.conv2d(F.pad(seen, (RADIUS,) * 4, mode="replicate"), self.filters, stride=STRIDE)
            even, odd = waves.chunk(2, dim=1)
            octaves.append(means_over_cells((even.square() + odd.square() + FAINT).sqrt(), self.grid))
        strengths = torch.cat(octaves, dim=1).unflatten(1, (-1, ORIENTATIONS))
        folded = (strengths + strengths.flip(-1)[:, :, MIRRORED])[..., : self.columns]
        if self.grid[1] % 2:
            folded[..., -1] /= 2  # its cells are their own mirror images
        folded = folded.flatten(1)
        return (folded / folded.sum(1, keepdim=True)).sqrt()

    def whiten(self, magnitudes: Tensor, people: Tensor) -> None:
        """Sets the whitening by `magnitudes` (M, F) of examples, int64 (M,) telling whose they are.

        Variance within people counts, and `BETWEEN` times that between their means. Each direction's variance v counts
        as v + `DAMPING` times that of all together, so that faint ones stay faint and unseen ones are not infinite.
        Of people with one example each, all that differs is between them.
        """
        examples = magnitudes.cpu().double()
        mean = examples.mean(0)
        _, person, counts = people.cpu().unique(return_inverse=True, return_counts=True)
        sums = torch.zeros(len(counts), examples.shape[1], dtype=torch.float64).index_add_(0, person, examples - mean)
        between = (sums / counts[:, None])[person]
        within = examples - mean - between
        covariance = (within.T @ within + BETWEEN * between.T @ between) / len(examples)
        unit = torch.eye(len(covariance), dtype=torch.float64)
        factor = torch.linalg.cholesky(covariance + (DAMPING * covariance.trace() + NOTHING) * unit)
        self.mean.copy_(mean)
        self.whitening.copy_(torch.linalg.solve_triangular(factor, unit, upper=False))


class BesideGabor(nn.Module):
    """Features of another network; outside of training after `WhitenedGabor`'s: 0.2 of a cosine, and 0.8.

    The loss sees the other network alone. The filters part the people trained on almost from the start, and beside
    them nothing would be left to learn.
    """

    share: Tensor

    def __init__(self, size: tuple[int, int], other: nn.Module, size_of_other: tuple[int, int]):
        super().__init__()
        self.gabor, self.other, self.size_of_other = WhitenedGabor(size), other, size_of_other
        self.register_buffer("share", torch.tensor(SHARE_LEARNT))  # a model keeps the one that it was judged with

    def forward(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) -> (N, D) in training, otherwise (N, F + D)."""
        learnt = self.other(F.interpolate(images, self.size_of_other, mode="bilinear", antialias=True))
        if self.training:
            return learnt
        parts = F.normalize(self.gabor(images)), F.normalize(learnt.to(images))
        return torch.cat((parts[0] * (1 - self.share).sqrt(), parts[1] * self.share.sqrt()), dim=1)


def means_over_cells(maps: Tensor, grid: tuple[int, int]) -> Tensor:
    """(N, C, H, W) -> (N, C, *grid), as adaptive_avg_pool2d, which MPS lacks where sides do not divide."""
    down, right = (
        F.adaptive_avg_pool1d(torch.eye(side)[None], cells)[0].to(maps)
        for side, cells in zip(maps.shape[2:], grid, strict=True)
    )
    return down.T @ maps @ right


def cells_along(side: int) -> int:
    """Of an image's side in pixels. Large images get larger cells, since whitening takes the cube of their number."""
    return min(MOST_CELLS, max(1, round(side / CELL)))


def gabor_filters() -> Tensor:
    """Even filters, then odd ones, float (2 x wavelengths x orientations, 1, 2 RADIUS + 2, 2 RADIUS + 2).

    Their middle lies between pixels, so that with stride 2 a mirrored image is seen at the mirrored places.
    """
    side = torch.arange(-RADIUS - 0.5, RADIUS + 1.0)
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
