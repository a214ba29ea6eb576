"""How fast the playground trains, what it reaches, and how much memory it takes: headless Chromium, this machine.

python benchmarks/playground.py --seeds 10
python benchmarks/playground.py --minutes 60
"""

from __future__ import annotations

import shutil
import statistics
from pathlib import Path
from typing import Any

import click
import psutil
from playwright.sync_api import Page, sync_playwright

PAGE = Path(__file__).parent.parent / "docs" / "playground.html"
LOSSES = ("softmax", "A-softmax_v1", "CosFace_v1", "ArcFace_v3")
MOMENTS = (10, 30)
COUNT_PICTURES = """() => {
  const draw = pictures.draw;
  window.drawn = 0;
  pictures.draw = () => { window.drawn++; draw(); };
}"""
WAIT_FOR_A_STEP = """() => new Promise(resolve => {
  const look = () => (trainings.states[0]?.steps > 0 ? resolve(performance.now()) : requestAnimationFrame(look));
  look();
})"""


@click.command()
@click.option("--seeds", type=click.IntRange(1), default=3, show_default=True)
@click.option("--minutes", type=int, default=0, help="Play so long instead, and print the memory.")
def main(seeds: int, minutes: int) -> None:
    """Prints, for each loss, accuracy, steps and pictures after 10 and 30 seconds, and when the first step was seen."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        if minutes:
            play_on(browser, minutes)
        for loss in () if minutes else LOSSES:
            measure(browser, loss, seeds)
        browser.close()


def measure(browser: Any, loss: str, seeds: int) -> None:
    rows = []
    for seed in range(seeds):
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"{PAGE.as_uri()}#preset={loss}&seed={seed}")
        first, elapsed = page.evaluate(WAIT_FOR_A_STEP) / 1000, 0
        page.evaluate(COUNT_PICTURES)
        moments = []
        for moment in MOMENTS:
            page.wait_for_timeout(1000 * (moment - elapsed))
            state = page.evaluate("() => trainings.states[0]")
            drawn = page.evaluate("() => window.drawn")
            moments.append((100 * state["accuracy"], state["steps"] / moment, drawn / moment))
            elapsed = moment
        rows.append((first, moments))
        page.close()
    firsts = [first for first, _ in rows]
    click.echo(f"{loss}: first step after {min(firsts):.2f} to {max(firsts):.2f} s")
    for n, moment in enumerate(MOMENTS):
        right, steps, drawn = zip(*(moments[n] for _, moments in rows), strict=True)
        pace = f"{statistics.mean(steps):.0f} steps and {statistics.mean(drawn):.0f} pictures a second"
        click.echo(f"  {moment} s: {statistics.mean(right):.2f} % ({min(right):.1f} to {max(right):.1f}), {pace}")


def play_on(browser: Any, minutes: int) -> None:
    """Trains on, begins again, moves sliders, turns lines and draws, and prints the memory every five minutes."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(PAGE.as_uri())
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    for minute in range(minutes + 1):
        if minute % 5 == 0 or minute == minutes:
            session.send("HeapProfiler.collectGarbage")
            metrics = {row["name"]: row["value"] for row in session.send("Performance.getMetrics")["metrics"]}
            heap = metrics.get("JSHeapUsedSize", 0) / 1e6
            click.echo(f"minute {minute}: page heap {heap:.1f} MB, {memory_of_renderers():.0f} MB in all")
        play_a_minute(page, minute)


def play_a_minute(page: Page, minute: int) -> None:
    if minute % 2:
        take_a_lesson(page, minute // 2)
        return
    page.select_option("#preset", LOSSES[minute // 2 % len(LOSSES)])
    page.select_option("#beside", ("", "loss", "record")[minute % 3])
    for second in range(6):
        move = "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')); }"
        page.locator("#m2").evaluate(move, 0.05 * second)
        page.evaluate("label => trainings.change(0, `pin${label}`, 10 * label)", second)
        box = page.locator("#pad").bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 30, box["y"] + 20)
        page.mouse.down()
        page.mouse.move(box["x"] + 60, box["y"] + 90, steps=5)
        page.mouse.up()
        page.mouse.move(400 + 40 * second, 400)
        page.wait_for_timeout(10_000)


def take_a_lesson(page: Page, number: int) -> None:
    lessons = page.locator("#lessons option").count() - 1
    page.select_option("#lessons", index=1 + number % lessons)
    page.wait_for_timeout(5_000)
    page.locator("#answers button").first.click()
    page.wait_for_timeout(25_000)
    if page.is_enabled("#next"):
        page.click("#next")
    page.wait_for_timeout(25_000)
    page.click("#leave")
    page.wait_for_timeout(5_000)
    page.click("#play")


def memory_of_renderers() -> float:
    """Resident memory of the processes of this browser that show pages, MB."""
    found = psutil.Process().children(recursive=True)
    return sum(each.memory_info().rss / 1e6 for each in found if "--type=renderer" in " ".join(each.cmdline()))


if __name__ == "__main__":
    main()
