"""What a snapshot of the Recorder costs a training, beyond its forward pass: 10,000 test images of MNIST.

python benchmarks/recorder.py --rounds 5
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import click
import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).parent.parent))

import marginalia as mg
from marginalia.data.mnist import load_mnist
from marginalia.models import ENCODERS

BATCH, PROBE_BATCH = 64, 250


@click.command()
@click.option("--rounds", type=click.IntRange(2), default=5, show_default=True)
@click.option("--images", type=int, default=60_000, show_default=True, help="Of the epoch that is timed.")
def main(rounds: int, images: int) -> None:
    """Prints the seconds of an epoch, of the forward pass of the probe, and of a snapshot, median and range."""
    data = load_mnist()
    train, test = (torch.tensor(split.images)[:, None] / 255 - 0.5 for split in (data.train, data.test))
    labels, test_labels = torch.tensor(data.train.labels), torch.tensor(data.test.labels)
    model = torch.nn.Sequential(ENCODERS["LeNet_pp"](2, (1, 28, 28)), torch.nn.Linear(2, 10))
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    began = time.perf_counter()
    for batch in torch.arange(images).split(BATCH):
        loss = F.cross_entropy(model(train[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    epoch = (time.perf_counter() - began) * 60_000 / images
    forward, snapshot = [], []
    with tempfile.TemporaryDirectory() as folder:
        recorder = mg.Recorder(Path(folder) / "run", probe=(test, test_labels), head=model[1], batch_size=PROBE_BATCH)
        recorder.snapshot(model, 0)
        for number in range(rounds):
            model.eval()
            began = time.perf_counter()
            with torch.no_grad():
                for batch in test.split(PROBE_BATCH):
                    model(batch)
            forward.append(time.perf_counter() - began)
            model.train()
            began = time.perf_counter()
            recorder.snapshot(model, number + 1)
            snapshot.append(time.perf_counter() - began)
    beyond = statistics.median(b - a for a, b in zip(forward, snapshot, strict=True))
    for name, seconds in (("forward pass of the probe", forward), ("snapshot", snapshot)):
        click.echo(f"{name}: {statistics.median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f})")
    click.echo(f"an epoch: {epoch:.1f} s; a snapshot beyond its forward pass: {100 * beyond / epoch:.2f} % of it")


if __name__ == "__main__":
    main()
