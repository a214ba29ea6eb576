"""Measurements of pictures and pages, each in a process of its own, as a JSON line: called by bench.py.

python benchmarks/measure_drawing.py drawing outputs/CosFace_v1 --points 100000
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
from harness import answer, timed_ms

if TYPE_CHECKING:
    from marginalia.record.snapshot import Run

sys.path.insert(0, str(Path(__file__).parent.parent))
from marginalia.viz.style import Style

SCATTERED, MANY_SNAPSHOTS = 0.05, 100
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
    from marginalia.viz import drawable
    from marginalia.viz.movie import LAYOUTS, draw_run
    from marginalia.viz.timing import Timing

    drawable.MOST_CLASSES = max(drawable.MOST_CLASSES, classes)  # more than anybody can read, to see what grows
    run, style = enlarged(read_run(folder), points, snapshots, classes), Style(overlays=overlays)
    sheet = LAYOUTS[layout](run, "test", style)
    frame = timed_ms(lambda: sheet.image(snapshots - 1), rounds=9)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as out:
        gifs = [
            draw_run(run, Path(out), split, style, Timing(), range(snapshots), stills=False, layout=layout)
            for split in SPLITS
        ]
        gifs_s = time.perf_counter() - started
        answer(frame_ms=frame["wall_ms"], **frame, gifs_s=gifs_s, gif_bytes=max(gif.stat().st_size for gif in gifs))


@main.command()
@click.argument("folder", type=Path)
@click.option("--panes", default=1)
@click.option("--width", default=1280)
@click.option("--height", default=720)
@click.option("--points", type=int, help="As many points a split, in 100 snapshots, and not those of the run.")
def page(folder: Path, panes: int, width: int, height: int, points: int | None) -> None:
    """The run in `panes` panes of a page, played once from the first epoch in headless Chromium without a GPU."""
    import shutil

    import numpy as np
    from playwright.sync_api import sync_playwright

    from marginalia.data.mnist import load_mnist
    from marginalia.point_images import images_of
    from marginalia.record.snapshot import SPLITS
    from marginalia.record.store import read_description, read_run
    from marginalia.viz.page.assemble import write_page
    from marginalia.viz.page.selection import Images

    chromium = shutil.which("chromium")
    if chromium is None:
        raise click.ClickException("no chromium on the PATH: apt-get install chromium")
    run = read_run(folder)
    if points is None:
        images = images_of(run, read_description(folder), load_mnist())
    else:
        run = enlarged(run, points, MANY_SNAPSHOTS, len(run.class_names))
        some = {split: np.arange(points) for split in SPLITS}
        digits = load_mnist().train.images
        images = Images("", "", some, {split: digits[numbers % len(digits)] for split, numbers in some.items()})
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


def enlarged(run: Run, points: int, snapshots: int, classes: int) -> Run:
    """The run with points repeated, a little aside each, its snapshots repeated, its labels dealt to more classes."""
    from dataclasses import replace

    import numpy as np

    from marginalia.record.snapshot import Points

    random = np.random.default_rng(0)
    spare = random.integers(-(-classes // 10), size=points) * 10
    weights = random.normal(size=(classes, 2)).astype(np.float32)

    def more(part: Points) -> Points:
        length = float(np.median(np.linalg.norm(part.features, axis=1)))
        chosen = np.arange(points) % len(part.labels)
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
