"""Milliseconds of a training step of each backbone: ours beside a plain loop of PyTorch, in turn, in one process.

python benchmarks/face_steps.py --threads 1

The plain loop has the same network in float32 and in the usual order of memory, CosFace's loss in five lines, the same
bound of the gradient's norm, and SGD.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).parent.parent))

from marginalia.faces.backbones import build_backbone, meta_backbone
from marginalia.faces.batches import Batch
from marginalia.faces.heads import head_numbers
from marginalia.faces.learner import FaceLearner
from marginalia.faces.recipe import BACKBONE_NAMES, recipe_named
from marginalia.training.device import uses_bfloat16
from marginalia.training.ranks import ALONE

CLASSES, DIMENSION, STEPS = 1000, 512, 100
CPU = torch.device("cpu")


def batch(size: int, shape: tuple[int, int]) -> Batch:
    random = np.random.default_rng(0)
    pixels = torch.from_numpy(random.integers(0, 256, (size, *shape, 3), dtype=np.uint8))
    return Batch(0, pixels, torch.from_numpy(random.integers(0, CLASSES, size)))


def ours(name: str, size: int) -> Callable[[], None]:
    recipe = recipe_named("CASIA-CosFace", {"backbone": name})
    fast = uses_bfloat16("auto", CPU, meta_backbone(name, DIMENSION, recipe.shape))
    autocast = torch.bfloat16 if fast else None
    learner = FaceLearner(recipe, head_numbers("CosFace"), CLASSES, 0, STEPS, ALONE, CPU, autocast=autocast)
    seen = batch(size, recipe.shape)
    return lambda: learner.step(seen).item()  # type: ignore[func-returns-value]


def plain(name: str, size: int) -> Callable[[], None]:
    shape = recipe_named("CASIA-CosFace", {"backbone": name}).shape
    network = build_backbone(name, DIMENSION, shape).train()
    weight = torch.nn.Parameter(torch.randn(CLASSES, DIMENSION))
    optimizer = torch.optim.SGD([*network.parameters(), weight], lr=0.1, momentum=0.9, weight_decay=5e-4)
    seen = batch(size, shape)

    def step() -> None:
        images = (seen.pixels.permute(0, 3, 1, 2).float() - 127.5) / 128
        cosines = F.linear(F.normalize(network(images)), F.normalize(weight))
        loss = F.cross_entropy(64 * (cosines - 0.35 * F.one_hot(seen.labels, CLASSES)), seen.labels)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(optimizer.param_groups[0]["params"], 5.0)
        optimizer.step()
        loss.item()

    return step


def milliseconds(step: Callable[[], None]) -> float:
    began = time.perf_counter()
    step()
    return 1000 * (time.perf_counter() - began)


@click.command()
@click.option("--threads", default=1, show_default=True)
@click.option("--size", default=16, show_default=True, help="Images of a batch.")
@click.option("--rounds", default=3, show_default=True)
@click.option("--backbone", "names", multiple=True, help="By default all of them.")
def main(threads: int, size: int, rounds: int, names: tuple[str, ...]) -> None:
    """A row a backbone: median of ours, of the plain loop, and of the ratios of the rounds with least and most."""
    torch.set_num_threads(threads)
    click.echo(f"| {threads} thread(s), {size} images | ours | plain | plain / ours |\n|---|---|---|---|")
    for name in names or BACKBONE_NAMES:
        steps = ours(name, size), plain(name, size)
        for step in steps:
            step()
        times = [[milliseconds(step) for step in steps] for _ in range(rounds)]
        mine, theirs = (statistics.median(column) for column in zip(*times, strict=True))
        ratios = [other / own for own, other in times]
        spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        click.echo(f"| {name} | {mine:.0f} | {theirs:.0f} | {spread} |")


if __name__ == "__main__":
    main()
