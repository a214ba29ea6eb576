"""One measurement of Marginalia in a process of its own, as a JSON line: called by bench.py.

python benchmarks/measure.py epoch --basemodel LeNet_pp --precision auto
"""

from __future__ import annotations

import itertools
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from marginalia.config.run_config import RunConfig
    from marginalia.data.dataset import Dataset
    from marginalia.record.snapshot import Run

sys.path.insert(0, str(Path(__file__).parent.parent))
from marginalia.viz.style import Style

SCATTERED = 0.05
PLAY_THROUGH = """async () => {
  const app = await started;
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  const ready_s = performance.now() / 1000;
  let script = 0;
  let frames = 0;
  const draw = app.draw.bind(app);
  app.draw = (now) => {
    const began = performance.now();
    draw(now);
    script += performance.now() - began;
    frames++;
  };
  app.clock.play();
  app.repaint();
  const began = performance.now();
  while (app.clock.playing) await new Promise(requestAnimationFrame);
  const seconds = (performance.now() - began) / 1000;
  return { ready_s, frames_per_s: frames / seconds, script_ms: script / frames };
}"""


@click.group()
def main() -> None:
    pass


def answer(**numbers: object) -> None:
    click.echo(json.dumps(numbers))


def median_ms(call: Callable[[], object], rounds: int = 9) -> float:
    """Median milliseconds of a call, after two that do not count."""
    times = []
    for _ in range(rounds + 2):
        started = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times[2:])


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

    config, dataset = settings("CosFace_v1", basemodel=basemodel, precision=precision, epochs=1)
    moments = [time.perf_counter() for progress in train(config, dataset) if progress.snapshot]
    answer(epoch_s=moments[1] - moments[0])


@main.command()
@click.option("--epochs", default=3)
@click.option("--target", default=0.984)
@click.option("--precision", default="auto")
def accuracy(epochs: int, target: float, precision: str) -> None:
    """A whole short run: seconds until a snapshot's test accuracy reaches the target, and seconds of each epoch."""
    from marginalia.training.loop import train

    config, dataset = settings("CosFace_v1", epochs=epochs, precision=precision)
    started = time.perf_counter()
    moments, reached, right = [], None, 0.0
    for progress in train(config, dataset):
        if progress.snapshot:
            moments.append(time.perf_counter() - started)
            right = progress.snapshot.metrics["test_accuracy"]
            reached = reached or (moments[-1] if right >= target else None)
    answer(seconds=reached, epochs_s=[b - a for a, b in itertools.pairwise(moments)], test_accuracy=right)


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
@click.argument("folder", type=Path)
@click.option("--points", default=10000)
@click.option("--snapshots", default=21)
@click.option("--classes", default=10)
@click.option("--layout", default="square")
@click.option("--overlay", "overlays", multiple=True, default=Style.overlays)
def drawing(folder: Path, points: int, snapshots: int, classes: int, layout: str, overlays: tuple[str, ...]) -> None:
    """Milliseconds a frame, and seconds and bytes of both GIFs, for a run's features repeated to `points`."""
    from marginalia.record.snapshot import SPLITS
    from marginalia.record.store import read_run
    from marginalia.viz.movie import LAYOUTS, draw_run
    from marginalia.viz.timing import Timing

    run, style = enlarged(read_run(folder), points, snapshots, classes), Style(overlays=overlays)
    sheet = LAYOUTS[layout](run, "test", style)
    frame_ms = median_ms(lambda: sheet.image(snapshots - 1))
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as out:
        gifs = [
            draw_run(run, Path(out), split, style, Timing(), range(snapshots), stills=False, layout=layout)
            for split in SPLITS
        ]
        gifs_s = time.perf_counter() - started
        answer(frame_ms=frame_ms, gifs_s=gifs_s, gif_bytes=max(gif.stat().st_size for gif in gifs))


@main.command()
@click.option("--dimension", default=2)
@click.option("--classes", default=10)
def head(dimension: int, classes: int) -> None:
    """Milliseconds of one step of AngleLinear alone, ArcFace_v1, 256 features: loss and gradients."""
    import torch

    from marginalia.losses.angle_linear import AngleLinear

    config, _ = settings("ArcFace_v1")
    layer = AngleLinear(dimension, classes, config.loss.drawn)
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


@main.command()
@click.argument("folder", type=Path)
@click.option("--panes", default=1)
@click.option("--width", default=1280)
@click.option("--height", default=720)
def page(folder: Path, panes: int, width: int, height: int) -> None:
    """The run in `panes` panes of a page, played once from the first epoch in headless Chromium without a GPU."""
    import shutil

    from playwright.sync_api import sync_playwright

    from marginalia.data.mnist import load_mnist
    from marginalia.point_images import images_of
    from marginalia.record.store import read_description, read_run
    from marginalia.viz.page.assemble import write_page

    chromium = shutil.which("chromium")
    if chromium is None:
        raise click.ClickException("no chromium on the PATH: apt-get install chromium")
    run = read_run(folder)
    images = images_of(run, read_description(folder), load_mnist())
    with tempfile.TemporaryDirectory() as out, sync_playwright() as play:
        path = Path(out) / "index.html"
        started = time.perf_counter()
        write_page(path, [run] * panes, [images] * panes, Style())
        made_s = time.perf_counter() - started
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_page(viewport={"width": width, "height": height})
        tab.goto(f"{path.as_uri()}#epoch=0")
        numbers = tab.evaluate(PLAY_THROUGH)
        browser.close()
        answer(bytes=path.stat().st_size, made_s=made_s, **numbers)


def settings(lossname: str, **overrides: object) -> tuple[RunConfig, Dataset]:
    """The RunConfig of a preset, and MNIST."""
    from marginalia.cli.train import run_config
    from marginalia.config.config_file import read_config
    from marginalia.data.mnist import load_mnist

    file = read_config(Path(__file__).parent.parent / "config.json")
    return run_config(file, lossname, dict(overrides), quick=False), load_mnist()


def enlarged(run: Run, points: int, snapshots: int, classes: int) -> Run:
    """The run with points repeated, a little aside each, its snapshots repeated, its labels dealt to more classes."""
    from dataclasses import replace

    import numpy as np

    from marginalia.record.snapshot import Points

    random = np.random.default_rng(0)
    chosen = np.arange(points) % len(run.snapshots[0].points("test").labels)
    spare = random.integers(-(-classes // 10), size=points) * 10
    weights = random.normal(size=(classes, 2)).astype(np.float32)

    def more(part: Points) -> Points:
        length = float(np.median(np.linalg.norm(part.features, axis=1)))
        noise = random.normal(scale=SCATTERED * length, size=(points, part.features.shape[1]))
        labels, predictions = (np.minimum(a[chosen] + spare, classes - 1) for a in (part.labels, part.predictions))
        return Points((part.features[chosen] + noise).astype(np.float32), labels, predictions)

    series = [run.snapshots[number * len(run.snapshots) // snapshots] for number in range(snapshots)]
    made = [
        replace(s, epoch=float(i), splits={split: more(part) for split, part in s.splits.items()},
                class_weights=s.class_weights if classes == 10 else weights)
        for i, s in enumerate(series)
    ]  # fmt: skip
    return replace(run, class_names=tuple(str(j) for j in range(classes)), snapshots=tuple(made))


if __name__ == "__main__":
    main()
