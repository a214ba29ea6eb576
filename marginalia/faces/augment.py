"""Images as if they had been taken a little differently: mirrored, moved, nearer, turned, in other light."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from marginalia.faces.recipe import Recipe

MIDDLE_GREY = 127.5


@dataclass(frozen=True)
class Moves:
    """What happens to each of N images. mirrored: bool (N,); shifts: pixels down and right that the view moves, (N, 2).

    zooms: how much larger the part is that is seen; turns: radians; gains, offsets: of the grey values; all (N,).
    """

    mirrored: Tensor
    shifts: Tensor
    zooms: Tensor
    turns: Tensor
    gains: Tensor
    offsets: Tensor

    def part(self, chosen: np.ndarray) -> Moves:
        return Moves(*(values[chosen] for values in astuple(self)))


def draw_moves(count: int, recipe: Recipe, random: np.random.Generator) -> Moves:
    """Moves by chance, each up to what the recipe allows."""

    def up_to(most: float, *more: int) -> Tensor:
        return torch.from_numpy(most * random.uniform(-1, 1, (count, *more)))

    mirrored = torch.from_numpy(random.random(count) < 0.5)
    shifts = torch.from_numpy(random.integers(-recipe.shift, recipe.shift + 1, (count, 2)))
    zooms, turns = 1 + up_to(recipe.zoom), up_to(np.radians(recipe.turn))
    return Moves(mirrored, shifts, zooms, turns, 1 + up_to(recipe.contrast), up_to(recipe.contrast * MIDDLE_GREY / 2))


def moved(pixels: Tensor, moves: Moves) -> Tensor:
    """uint8 (N, H, W, C) -> the same shape; beyond the edge its pixels go on."""
    _, height, width, _ = pixels.shape
    cosine, sine = moves.zooms * moves.turns.cos(), moves.zooms * moves.turns.sin()
    side = torch.where(moves.mirrored, -1.0, 1.0).to(cosine)
    down, right = 2 * moves.shifts[:, 0] / height, 2 * moves.shifts[:, 1] / width
    across = torch.stack((cosine * side, -sine * height / width, right), dim=1)
    along = torch.stack((sine * width / height * side, cosine, down), dim=1)
    images = pixels.permute(0, 3, 1, 2).float()
    grid = F.affine_grid(torch.stack((across, along), dim=1).float(), list(images.shape), align_corners=False)
    seen = F.grid_sample(images, grid, padding_mode="border", align_corners=False).permute(0, 2, 3, 1)
    gains, offsets = (values.float()[:, None, None, None] for values in (moves.gains, moves.offsets))
    return ((seen - MIDDLE_GREY) * gains + MIDDLE_GREY + offsets).round().clamp(0, 255).to(torch.uint8)
