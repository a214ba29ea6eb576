"""The playground in a browser, for its tests."""

from __future__ import annotations

import math
import re

from .waiting import wait_until

# As the worker told them last; after a reset the page shows the old number until then.
STEPS = "() => trainings.states[0]?.steps ?? -1"


def number(page, name: str) -> float:
    text = page.inner_text(f"#{name}")
    return float(re.sub(r"[^\d.]", "", text) or 0)


def address_of(page) -> str:
    return page.evaluate("() => location.href")


def wait_for_digits(page) -> None:
    wait_until(lambda: "%" in page.inner_text("#accuracy"))


def wait_for_steps(page, steps: int) -> None:
    wait_until(lambda: page.evaluate(STEPS) >= steps and number(page, "steps") >= steps)


def steps_from_the_start(page, count: int) -> None:
    """Starts the training again, paused, and makes so many steps; what the page shows is then of the last one."""
    wait_for_digits(page)
    page.click("#reset")
    for step in range(count + 1):
        wait_until(lambda step=step: page.inner_text("#steps") == str(step))
        if step < count:
            page.click("#step")


def open_at(page, step: int, address: str = "") -> None:
    """Opens the page anew at an address that rests at this step, or at this step alone; waits until it shows it."""
    file = address_of(page).partition("#")[0]
    page.goto("about:blank")
    page.goto(f"{file}#{address or f'step={step}'}")
    wait_until(lambda: (page.inner_text("#play"), page.inner_text("#steps")) == ("Play", f"{step:,}"))


def wait_for_the_worker(page) -> None:
    """Waits until the worker has answered all that was sent, and the page has drawn its answers."""
    page.evaluate("() => trainings.change(0, 'rate', Number(elements.rate.value))")
    wait_until(lambda: page.evaluate("() => trainings.unanswered === 0 && !pictures.isWaiting"))


def move(page, name: str, value: float) -> None:
    page.locator(f"#{name}").evaluate(
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input', { bubbles: true })); }",
        value,
    )


def rest(page) -> str:
    """Pauses; returns the address once it says where the training rests, and the page shows that step."""
    page.click("#play")
    wait_until(lambda: address_of(page).endswith(f"step={page.evaluate(STEPS)}"))
    wait_until(lambda: number(page, "steps") == page.evaluate(STEPS))
    return address_of(page)


def direction_of(page, label: int) -> float:
    x, y = page.evaluate("label => [...trainings.states[0].weights.slice(2 * label, 2 * label + 2)]", label)
    return math.degrees(math.atan2(y, x))


def drag_badge(page, label: int, degrees: float, shots: int = 5) -> float:
    """Turns the line of a class by so many degrees, in steps; returns the direction where it is left."""
    box = page.locator("#space").bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    x = y = 0.0

    def is_taken() -> bool:  # while it trains, the badge may move away before the pointer is down
        nonlocal x, y
        page.mouse.up()
        x, y = page.evaluate("label => panes[0].space.badges[label]", label)
        page.mouse.move(middle[0] + x, middle[1] + y)
        page.mouse.down()
        return page.evaluate("() => panes[0].grip.dragged?.label") == label

    wait_until(is_taken)
    angle, radius = math.atan2(-y, x), math.hypot(x, y)
    for shot in range(1, shots + 1):
        turned = angle + math.radians(degrees * shot / shots)
        page.mouse.move(middle[0] + radius * math.cos(turned), middle[1] - radius * math.sin(turned))
    page.mouse.up()
    return math.degrees(turned)
