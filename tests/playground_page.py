"""The playground in a browser, for its tests."""

from __future__ import annotations

import re
from collections.abc import Callable


def number(page, name: str) -> float:
    text = page.inner_text(f"#{name}")
    return float(re.sub(r"[^\d.]", "", text) or 0)


def wait_until(page, holds: Callable[[], bool]) -> None:
    for _ in range(2400):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"not after two minutes; {number(page, 'steps'):g} steps")


def wait_for_steps(page, steps: int) -> None:
    wait_until(page, lambda: number(page, "steps") >= steps)


def steps_from_the_start(page, count: int) -> None:
    """Starts the training again, paused, and makes so many steps; what the page shows is then of the last one."""
    wait_until(page, lambda: "%" in page.inner_text("#accuracy"))  # the digits are there
    page.click("#reset")
    for step in range(count + 1):
        wait_until(page, lambda step=step: page.inner_text("#steps") == str(step))
        if step < count:
            page.click("#step")


def move(page, name: str, value: float) -> None:
    page.locator(f"#{name}").evaluate(
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input', { bubbles: true })); }",
        value,
    )


def rest(page) -> str:
    """Pauses; returns the address once it says so."""
    page.click("#play")
    wait_until(page, lambda: f"step={number(page, 'steps'):.0f}" in page.url)
    return page.url
