"""How fast the playground trains, and what it reaches: headless Chromium, this machine.

python benchmarks/playground.py --seconds 10 --seeds 3
"""

from __future__ import annotations

import shutil
import statistics
from pathlib import Path

import click
from playwright.sync_api import sync_playwright

PAGE = Path(__file__).parent.parent / "docs" / "playground.html"
LOSSES = ("softmax", "A-softmax_v1", "CosFace_v1", "ArcFace_v3")
FRAMES = """seconds => new Promise(resolve => {
  let frames = 0;
  const began = performance.now();
  const count = now => {
    frames++;
    if (now - began < 1000 * seconds) requestAnimationFrame(count);
    else resolve(frames / seconds);
  };
  requestAnimationFrame(count);
})"""


@click.command()
@click.option("--seconds", type=click.IntRange(2), default=10, show_default=True)
@click.option("--seeds", type=click.IntRange(1), default=3, show_default=True)
def main(seconds: int, seeds: int) -> None:
    """Prints accuracy and steps after so many seconds, and the frames a second meanwhile; a line for each loss."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(PAGE.as_uri())
        page.wait_for_timeout(2000)
        for loss in LOSSES:
            right, steps, frames = [], [], []
            for seed in range(seeds):
                page.fill("#seed", str(seed))
                page.select_option("#preset", loss)
                page.click("#reset")
                frames.append(page.locator("#space").evaluate(f"(_, seconds) => ({FRAMES})(seconds)", seconds))
                page.wait_for_timeout(300)
                right.append(float(page.inner_text("#accuracy").partition(" ")[0]))
                steps.append(int(page.inner_text("#steps").replace(",", "")))
            speed, smooth = statistics.mean(steps) / seconds, statistics.mean(frames)
            shown = f"{statistics.mean(right):.1f} % ({min(right)} to {max(right)})"
            click.echo(f"{loss}: {shown}, {speed:.0f} steps and {smooth:.0f} frames a second")
        browser.close()


if __name__ == "__main__":
    main()
