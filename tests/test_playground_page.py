"""The playground in the browser: it trains, answers its controls, and asks nobody for anything."""

from __future__ import annotations

import base64
import gzip
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import ROOT

COMMITTED = ROOT / "docs" / "playground.html"
LARGEST = 3_000_000
BLOCK = re.compile(r'(<script type="text/plain" id="(?:pixels|labels)">)([^<]*)')


def unpacked(page: str) -> str:
    """The page with its packed blocks unpacked, since another zlib packs them into other bytes."""
    return BLOCK.sub(lambda found: found[1] + gzip.decompress(base64.b64decode(found[2])).hex(), page)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    from click.testing import CliRunner

    from marginalia.cli.playground import playground

    path = tmp_path_factory.mktemp("playground") / "playground.html"
    done = CliRunner().invoke(playground, ["--out", str(path), "--no-open", "--config", str(ROOT / "config.json")])
    assert done.exit_code == 0, done.output
    return path


def test_the_committed_page_is_what_the_sources_give(made):
    assert made.stat().st_size < LARGEST
    assert unpacked(made.read_text()) == unpacked(COMMITTED.read_text()), "make playground"


def test_another_ending_is_refused(run):
    code, _, err = run("playground", "--out", "mine.htm", "--no-open")
    assert (code, err.count("\n")) == (2, 1) and "must end with .html" in err


@pytest.fixture
def page(browser, made) -> Iterator[Any]:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.requests, page.errors = [], []
    page.on("request", lambda request: page.requests.append(request.url))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto(made.as_uri())
    yield page
    assert page.errors == [] and all(url.startswith(("file:", "blob:")) for url in page.requests)
    page.close()


def number(page, name: str) -> float:
    text = page.inner_text(f"#{name}")
    return float(re.sub(r"[^\d.]", "", text) or 0)


def wait_until(page, holds: Callable[[], bool]) -> None:
    for _ in range(600):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"not after 30 seconds; {number(page, 'steps'):g} steps")


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


def test_it_learns_while_one_looks(page):
    wait_for_steps(page, 1500)
    page.wait_for_timeout(600)
    assert number(page, "accuracy") > 85
    assert number(page, "loss") < 2


def test_a_margin_moves_the_formula_and_the_picture(page):
    wait_for_steps(page, 50)
    page.click("#play")
    page.wait_for_timeout(300)
    assert page.inner_text("#target") == "4 cos(θ + 0.3)"
    assert "must win within 9°" in page.inner_text("#lesson")
    before = page.locator("#space").screenshot()
    move(page, "m2", 0)
    page.wait_for_timeout(300)
    assert "No margin" in page.inner_text("#lesson")
    assert page.inner_text("#target") == "4 cos(θ)" and page.input_value("#preset") == "custom"
    assert page.locator("#space").screenshot() != before
    steps = number(page, "steps")
    page.click("#step")
    page.wait_for_timeout(200)
    assert number(page, "steps") == steps + 1


def test_the_same_seed_gives_the_same_loss(page):
    losses = []
    page.click("#play")  # before the digits are there
    for seed in ("3", "3", "4"):
        page.fill("#seed", seed)
        page.press("#seed", "Tab")
        steps_from_the_start(page, 3)
        losses.append(page.inner_text("#loss"))
    assert losses[0] == losses[1] != losses[2]


def test_every_preset_trains(page):
    page.wait_for_timeout(500)
    names = page.locator("#preset option").all_inner_texts()
    assert len(names) == 12 and names[-1] == "custom"
    for name in names[:-1]:
        page.select_option("#preset", name)
        page.wait_for_timeout(150)
        wait_for_steps(page, 20)
        assert number(page, "loss") > 0 and page.is_hidden("#trouble")


def test_some_digits_are_enough(page):
    wait_for_steps(page, 20)
    for digit in "2356789":
        page.locator(f"#classes input[value='{digit}']").uncheck()
    wait_for_steps(page, 300)
    page.wait_for_timeout(600)
    assert number(page, "accuracy") > 97
    page.locator("#classes input[value='4']").uncheck()
    assert page.locator("#classes input:checked:disabled").count() == 2  # one class is nothing to learn


def test_an_address_begins_the_same_training(page):
    page.click("#play")
    page.select_option("#preset", "CosFace_v1")
    page.select_option("#batch", "32")
    move(page, "m3", 0.15)
    page.locator("#m3").dispatch_event("change")
    page.locator("#classes input[value='8']").uncheck()
    page.wait_for_timeout(300)
    address, seen = page.url, []
    for _ in range(2):
        steps_from_the_start(page, 1)
        seen.append([page.inner_text(f"#{name}") for name in ("loss", "target")] + [page.input_value("#batch")])
        page.goto("about:blank")
        page.goto(address)
        page.click("#play")
    assert seen[0] == seen[1]
    assert seen[0][1:] == ["4 (cos(θ) \N{MINUS SIGN} 0.15)", "32"]


def test_an_address_with_nonsense_is_the_page_as_it_is(browser, made):
    page = browser.new_page()
    try:
        page.goto(f"{made.as_uri()}#preset=none&rate=9&batch=x&seed=abc&m2=99&classes=3&more=1")
        wait_for_steps(page, 20)
        assert [page.input_value(f"#{name}") for name in ("preset", "rate", "batch", "m2")] == [
            "ArcFace_v3", "0.002", "64", "1",
        ]  # fmt: skip
        assert page.locator("#classes input:checked").count() == 10
    finally:
        page.close()


def test_a_dot_tells_its_angle(page):
    wait_for_steps(page, 50)
    page.click("#play")
    page.wait_for_timeout(300)
    before = page.locator("#curve").screenshot()
    box = page.locator("#space").bounding_box()
    for left in range(20, 300, 5):
        page.mouse.move(box["x"] + box["width"] / 2 + left, box["y"] + box["height"] / 2)
        if page.is_visible("#digit"):
            break
    assert re.fullmatch(r"A \d, predicted (right|as \d); \d+° from its class", page.inner_text("#what"))
    assert page.locator("#curve").screenshot() != before
    page.mouse.move(box["x"] + box["width"] + 60, box["y"] + 10)
    assert page.is_hidden("#digit")


def test_what_does_not_learn_is_said_in_words(page):
    wait_for_steps(page, 10)
    page.select_option("#rate", "0.02")
    move(page, "s", 6)
    move(page, "m3", 0.6)
    move(page, "m2", 1)
    page.click("#reset")
    wait_for_steps(page, 1800)
    page.wait_for_timeout(800)
    assert page.is_visible("#trouble") and "no direction satisfies" in page.inner_text("#lesson")
    assert "too large for 10 classes in two dimensions" in page.inner_text("#trouble")


def test_it_fits_a_phone(browser, made):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    try:
        page.goto(made.as_uri())
        page.wait_for_timeout(800)
        assert page.locator("body").evaluate("body => body.scrollWidth") <= 390
        assert page.locator("#space").bounding_box()["width"] > 340
    finally:
        page.close()
