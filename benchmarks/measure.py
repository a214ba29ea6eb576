"""One measurement of Marginalia in a process of its own, as a JSON line: called by bench.py.

python benchmarks/measure.py epoch --basemodel LeNet_pp --precision auto
"""

from __future__ import annotations

import contextlib
import itertools
import os
import platform
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from harness import answer, median_ms, timed_ms

if TYPE_CHECKING:
    from marginalia.config.run_config import RunConfig
    from marginalia.data.dataset import Dataset

sys.path.insert(0, str(Path(__file__).parent.parent))


@click.group()
def main() -> None:
    pass


@main.command()
def machine() -> None:
    """What the figures were measured on."""
    import matplotlib
    import torch

    model = "unknown"
    if Path("/proc/cpuinfo").exists():
        names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    has = [name for name in ("amx_bf16", "avx512_bf16") if torch.cpu.get_capabilities().get(name)]
    answer(
        processor=f"{model}, {os.cpu_count()} cores, bfloat16 by {', '.join(has) or 'nothing'}",
        python=platform.python_version(),
        torch=torch.__version__,
        matplotlib=matplotlib.__version__,
        threads=str(torch.get_num_threads()),
    )


@main.command()
@click.option("--basemodel", default="LeNet_pp")
@click.option("--precision", default="auto")
def epoch(basemodel: str, precision: str) -> None:
    """Seconds of one epoch as users run it: train on 60,000 images, look at 10,000 of them and at 10,000 others."""
    from marginalia.training.loop import train

    config, dataset = settings("CosFace_v1", basemodel=basemodel, precision=precision, epochs=1, snapshots=1)
    times = [time.perf_counter() for progress in train(config, dataset) if progress.snapshot]
    answer(epoch_s=times[1] - times[0])


@main.command()
@click.option("--epochs", default=3)
@click.option("--target", default=0.984)
@click.option("--precision", default="auto")
def accuracy(epochs: int, target: float, precision: str) -> None:
    """A whole short run: seconds until a snapshot's test accuracy reaches the target, and seconds of each epoch."""
    from marginalia.training.loop import train

    config, dataset = settings("CosFace_v1", epochs=epochs, precision=precision, snapshots=1)
    started = time.perf_counter()
    times, reached, right = [], None, 0.0
    for progress in train(config, dataset):
        if progress.snapshot:
            times.append(time.perf_counter() - started)
            right = progress.snapshot.metrics["test_accuracy"]
            reached = reached or (times[-1] if right >= target else None)
    answer(seconds=reached, epochs_s=[b - a for a, b in itertools.pairwise(times)], test_accuracy=right)


@main.command()
def step() -> None:
    """One training step of CosFace_v1."""
    import torch

    from marginalia.training.image_learner import ImageLearner

    config, dataset = settings("CosFace_v1")
    learner = ImageLearner(config, dataset.train.images, 10, steps=1000)
    images, labels = torch.tensor(dataset.train.images[:64]), torch.tensor(dataset.train.labels[:64])
    answer(**timed_ms(lambda: learner.step(0, images, labels), rounds=31))


@main.command()
@click.argument("folder", type=Path)
@click.option("--images", default=31)
def landmarks(folder: Path, images: int) -> None:
    """The landmarks of one photograph of the folder after the other."""
    import numpy as np
    from PIL import Image

    from marginalia.faces.mtcnn import mtcnn

    photographs = iter(sorted(folder.rglob("*.jpg")))
    detect = mtcnn()
    answer(**timed_ms(lambda: detect(np.asarray(Image.open(next(photographs)).convert("RGB"))), rounds=images))


@main.command()
@click.argument("name")
@click.option("--batch", default=32)
def backbone(name: str, batch: int) -> None:
    """One step of a backbone of faces on images of 112 x 112, forward and backward, in bfloat16 and in float32."""
    import torch

    from marginalia.faces.backbones import build_backbone

    network = build_backbone(name, 512, (112, 112)).to(memory_format=torch.channels_last)
    images = torch.randn(batch, 3, 112, 112).contiguous(memory_format=torch.channels_last)

    def forward_and_backward(bfloat16: bool) -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            features = network(images)
        features.float().square().mean().backward()

    answer(
        bfloat16_ms=median_ms(lambda: forward_and_backward(True), 5),
        float32_ms=median_ms(lambda: forward_and_backward(False), 5),
    )


@main.command()
def quick() -> None:
    """Where the time of a quick run goes, seconds."""
    spent: dict[str, float] = {}

    def timing(owner: Any, name: str, what: str) -> None:
        original = getattr(owner, name)

        def wrapped(*arguments: Any, **more: Any) -> Any:
            started = time.perf_counter()
            result = original(*arguments, **more)
            spent[what] = spent.get(what, 0) + time.perf_counter() - started
            return result

        setattr(owner, name, wrapped)

    started = time.perf_counter()
    import marginalia.cli.experiment as experiment
    from marginalia.training.image_learner import ImageLearner

    spent["imports"] = time.perf_counter() - started
    started = time.perf_counter()
    config, dataset = settings("CosFace_v1", quick=True)
    spent["settings and data"] = time.perf_counter() - started
    timing(ImageLearner, "__init__", "encoder, head and optimiser, for which torch imports more")
    timing(ImageLearner, "step", "training")
    timing(ImageLearner, "evaluate", "evaluation")
    timing(experiment.Experiment, "keep", "latest.png, snapshots and checkpoints")
    timing(experiment.Experiment, "draw", "GIFs and frames")
    timing(experiment.Experiment, "make_page", "page")
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        with contextlib.redirect_stdout(sys.stderr):
            experiment.run_experiment(config, dataset, Path(folder))
        spent["everything after imports and data"] = time.perf_counter() - started
    answer(**spent)


@main.command()
def convolutions() -> None:
    """Seconds an epoch of LeNet++'s six convolutions alone would take, forward and backward, bfloat16, batch 256."""
    import torch

    total = 0.0
    for inputs, outputs, side in ((1, 32, 28), (32, 32, 28), (32, 64, 14), (64, 64, 14), (64, 128, 7), (128, 128, 7)):
        layer = torch.nn.Conv2d(inputs, outputs, 5, padding=2).to(torch.bfloat16, memory_format=torch.channels_last)
        x = torch.randn(256, inputs, side, side, dtype=torch.bfloat16).contiguous(memory_format=torch.channels_last)
        x.requires_grad_(inputs > 1)
        gradient = torch.randn_like(layer(x))
        total += median_ms(lambda layer=layer, x=x, gradient=gradient: layer(x).backward(gradient))
    answer(epoch_s=total / 1000 * 60000 / 256)


@main.command()
@click.option("--dimension", default=2)
@click.option("--classes", default=10)
def head(dimension: int, classes: int) -> None:
    """Milliseconds of one step of AngleLinear alone, ArcFace_v1, 256 features: loss and gradients."""
    import torch

    from marginalia.losses.angle_linear import AngleLinear

    config, _ = settings("ArcFace_v1")
    layer = AngleLinear(dimension, classes, config.loss.inference_spec)
    features = torch.randn(256, dimension, requires_grad=True)
    labels = torch.randint(classes, (256,))
    answer(step_ms=median_ms(lambda: layer.loss(features, labels).backward()))


@main.command()
def mnist() -> None:
    """Seconds of loading the embedded MNIST, checked against its MD5."""
    from marginalia.data.mnist import load_mnist

    started = time.perf_counter()
    load_mnist()
    answer(load_s=time.perf_counter() - started)


def settings(lossname: str, quick: bool = False, **overrides: object) -> tuple[RunConfig, Dataset]:
    """The RunConfig of a preset, and MNIST."""
    from marginalia.cli.train import run_config
    from marginalia.config.config_file import read_config
    from marginalia.data.mnist import load_mnist

    file = read_config(Path(__file__).parent.parent / "config.json")
    return run_config(file, lossname, dict(overrides), quick), load_mnist()


if __name__ == "__main__":
    main()
