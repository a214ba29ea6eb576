"""Images of a folder as batches, the same ones in the same order whatever the number of ranks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from marginalia.data.images import read_pixels
from marginalia.faces.augment import draw_moves, moved
from marginalia.faces.folder import FaceFolder
from marginalia.faces.recipe import Recipe
from marginalia.progress import progress_bar
from marginalia.training.ranks import Ranks, shares
from marginalia.training.steps import indices

MOST_KEPT_BYTES = 2 * 10**9
AUGMENTATION_STREAM = 1


@dataclass(frozen=True)
class Batch:
    """What one rank sees of a batch: its share of the images, uint8 (n, H, W, 3), and the labels of all, int64 (N,).

    A batch that is taken in parts has the rank's share of each part, one after the other.
    """

    step: int
    pixels: Tensor
    labels: Tensor


class Crops(Dataset):
    """Images scaled to (H, W), read when they are asked for and kept as long as all of them need little memory."""

    def __init__(self, folder: FaceFolder, shape: tuple[int, int]):
        self.folder, self.shape = folder, shape
        self.keeps = len(folder) * shape[0] * shape[1] * 3 <= MOST_KEPT_BYTES
        self.kept: dict[int, Tensor] = {}

    def __len__(self) -> int:
        return len(self.folder)

    def read_all(self) -> None:
        """Reads all images now, if they are kept: all steps take equally long then, and one that cannot be read is told
        before the first."""
        if self.keeps:
            with progress_bar(len(self), "images") as bar:
                for number in range(len(self)):
                    self[number]
                    bar.update(1)

    def __getitem__(self, index: int) -> Tensor:
        if index in self.kept:
            return self.kept[index]
        pixels = torch.from_numpy(read_pixels(self.folder.path(index), "RGB", self.folder.reading, self.shape))
        if self.keeps:
            self.kept[index] = pixels
        return pixels


def batches(
    folder: FaceFolder, recipe: Recipe, seed: int, steps: range, ranks: Ranks, workers: int,
    crops: Crops | None = None,
) -> Iterator[Batch]:  # fmt: skip
    """The batches of these steps, each image seen a little differently. crops: the images of the folder, if some are
    read already.

    The seed alone decides on all of this, so that a stopped training goes on as if it had not stopped.
    """
    size = min(recipe.batch_size, len(folder))
    share = rows_of(ranks, size, recipe.accumulate)
    whole = list(indices(len(folder), size, seed, steps))
    loader: DataLoader = DataLoader(
        crops or Crops(folder, recipe.shape),
        batch_sampler=[[int(i) for i in chosen[share]] for chosen in whole],
        num_workers=workers,
        collate_fn=torch.stack,
        generator=torch.Generator(),  # otherwise it would draw from the generator that a checkpoint keeps
    )
    for step, chosen, pixels in zip(steps, whole, loader, strict=True):
        random = np.random.default_rng((seed, step, AUGMENTATION_STREAM))
        moves = draw_moves(size, recipe, random).part(share)
        yield Batch(step, moved(pixels, moves), torch.from_numpy(folder.labels[chosen]))


def rows_of(ranks: Ranks, size: int, parts: int) -> np.ndarray:
    """Which images of a batch a rank sees: its share of the first part, then of the second, and so on, int64 (n,)."""
    rows = np.arange(size)
    return np.concatenate([rows[part][ranks.share(part.stop - part.start)] for part in shares(size, parts)])


def as_input(pixels: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """uint8 (N, H, W, 3) -> (x - 127.5) / 128 as (N, 3, H, W)."""
    return (pixels.permute(0, 3, 1, 2).to(dtype) - 127.5) / 128
