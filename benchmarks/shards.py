"""Time and memory of a step of the sharded softmax: one row of the table of docs/scaling.md.

torchrun --nproc-per-node 2 benchmarks/shards.py --classes 100000 --batch 128
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

import click
import torch

sys.path.insert(0, str(Path(__file__).parent.parent))

from marginalia.faces.heads import head_numbers
from marginalia.faces.sharded import ShardedHead
from marginalia.training.ranks import join_ranks, leave_ranks

STEPS = 5
MEBIBYTE = 2**20


@click.command()
@click.option("--classes", type=int, default=100_000)
@click.option("--dimension", type=int, default=512)
@click.option("--batch", type=int, default=128)
@click.option("--sample-rate", type=float, default=1.0)
def main(classes: int, dimension: int, batch: int, sample_rate: float) -> None:
    """CosFace's head alone: gather, logits, softmax over the shards, gradient, SGD with momentum."""
    ranks = join_ranks()
    torch.manual_seed(ranks.number)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    head = ShardedHead(head_numbers("CosFace"), dimension, classes, ranks, rate=sample_rate)
    optimizer = torch.optim.SGD(head.parameters(), lr=0.1, momentum=0.9)
    labels = torch.randint(classes, (batch,), generator=torch.Generator().manual_seed(0))
    times = []
    for step in range(STEPS + 1):
        features = torch.randn(len(range(batch)[ranks.share(batch)]), dimension, requires_grad=True)
        head.sample(step * ranks.count + ranks.number)
        ranks.wait()
        began = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        head.loss(features, labels, batch).backward()
        optimizer.step()
        ranks.wait()
        times.append(time.perf_counter() - began)
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    state = 3 * (head.rows.stop - head.rows.start) * dimension * 4 / MEBIBYTE
    if ranks.first:
        row = (
            ranks.count,
            f"{classes:,}",
            sample_rate,
            f"{state:.0f}",
            f"{peak:.0f}",
            f"{sorted(times[1:])[STEPS // 2]:.2f}",
        )
        click.echo("| " + " | ".join(map(str, row)) + " |")
    leave_ranks()


if __name__ == "__main__":
    main()
