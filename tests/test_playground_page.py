"""The playground in the browser: it trains, answers its controls, and asks nobody for anything."""

from __future__ import annotations

import base64
import gzip
import re

import numpy as np
import pytest

from .conftest import ROOT
from .playground_page import (
    STEPS,
    address_of,
    direction_of,
    drag_badge,
    move,
    number,
    open_at,
    rest,
    steps_from_the_start,
    wait_for_digits,
    wait_for_steps,
    wait_for_the_worker,
)
from .waiting import wait_until

COMMITTED = ROOT / "docs" / "playground.html"
LARGEST = 3_000_000
BLOCK = re.compile(r'(<script type="text/plain" id="(?:pixels|labels|record-[\w-]+)">)([^<]*)')


@pytest.fixture
def page(playground_page):
    return playground_page


def unpacked(page: str) -> str:
    """The page with its packed blocks unpacked, since another zlib packs them into other bytes."""
    return BLOCK.sub(lambda found: found[1] + gzip.decompress(base64.b64decode(found[2])).hex(), page)


def test_the_committed_page_is_what_the_sources_give(playground_html):
    assert playground_html.stat().st_size < LARGEST
    assert unpacked(playground_html.read_text()) == unpacked(COMMITTED.read_text()), "make playground"


def test_another_ending_is_refused(run):
    code, _, err = run("playground", "--out", "mine.htm", "--no-open")
    assert (code, err.count("\n")) == (2, 1) and "must end with .html" in err


def test_it_learns_while_one_looks(page):
    wait_for_steps(page, 1500)
    wait_until(lambda: number(page, "accuracy") > 85 and number(page, "loss") < 2)


def test_a_margin_moves_the_formula_and_the_picture(page):
    open_at(page, 50)
    assert page.inner_text("#target") == "4 cos(θ + 0.3)"
    assert "wins only up to 9°" in page.inner_text("#demand")
    before = page.locator("#space").screenshot()
    move(page, "m2", 0)
    wait_until(lambda: "No margin" in page.inner_text("#demand"))
    assert page.inner_text("#target") == "4 cos(θ)" and page.input_value("#preset") == "custom"
    assert page.locator("#space").screenshot() != before


def test_a_step_is_one_step(page):
    wait_for_steps(page, 20)
    rest(page)
    steps = number(page, "steps")
    page.click("#step")
    wait_until(lambda: number(page, "steps") == steps + 1 and address_of(page).endswith(f"step={steps + 1:.0f}"))


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
    wait_for_digits(page)
    page.click("#play")
    names = page.locator("#preset option").all_inner_texts()
    assert len(names) == 12 and names[-1] == "custom"
    for name in names[:-1]:
        page.select_option("#preset", name)
        page.evaluate("() => { for (let step = 0; step < 20; step++) elements.step.click(); }")
        wait_until(lambda: (page.evaluate(STEPS), number(page, "steps")) == (20, 20))
        assert number(page, "loss") > 0 and page.is_hidden("#trouble")


def test_some_digits_are_enough(page):
    wait_for_steps(page, 20)
    for digit in "2356789":
        page.locator(f"#classes input[value='{digit}']").uncheck()
    wait_until(lambda: number(page, "accuracy") > 97)
    page.locator("#classes input[value='4']").uncheck()
    assert page.locator("#classes input:checked:disabled").count() == 2  # one class is nothing to learn


def apart(first: float, second: float) -> float:
    """Degrees between two directions."""
    return abs((first - second + 180) % 360 - 180)


def weights_of(page) -> list[float]:
    return page.evaluate("() => trainings.states.flatMap(({ weights, features }) => [...weights, ...features])")


def test_the_same_address_gives_the_same_weights_bit_for_bit(page, new_tab):
    """Sliders, a preset, fewer digits and a line that was dragged, all while it trains; then in two tabs at once."""
    page.select_option("#preset", "CosFace_v1")
    page.locator("#classes input[value='8']").uncheck()
    wait_for_steps(page, 100)
    move(page, "m3", 0.05)
    wait_for_steps(page, 200)
    drag_badge(page, 4, 30)
    move(page, "s", 2.5)
    wait_for_steps(page, 500)
    address, wanted, shown = rest(page), weights_of(page), page.inner_text("#steps")
    assert "pin4" in address and "_m3_0.05" in address and "classes=012345679" in address
    tabs = [new_tab(), new_tab()]
    for tab in tabs:
        tab.goto(address)
    for tab in tabs:
        wait_until(lambda tab=tab: (tab.inner_text("#play"), tab.inner_text("#steps")) == ("Play", shown))
        assert (tab.input_value("#m3"), tab.input_value("#s")) == ("0.05", "2.5")
        assert weights_of(tab) == wanted
    tabs[0].click("#play")  # and on from there
    wait_for_steps(tabs[0], number(page, "steps") + 50)


def test_a_line_that_is_held_stays_and_the_others_go_on(page):
    wait_for_steps(page, 300)
    left = drag_badge(page, 7, 40)
    wait_until(lambda: apart(direction_of(page, 7), left) < 1)
    held = direction_of(page, 7)
    wait_for_steps(page, number(page, "steps") + 300)
    assert direction_of(page, 7) == pytest.approx(held, abs=0.01)
    assert page.inner_text("#release") == "Free the held lines"
    page.click("#release")
    wait_until(lambda: page.is_hidden("#release"))
    # Free, it swings about where it was, so a single look may find it back there.
    wait_until(lambda: apart(direction_of(page, 7), held) > 0.1)


def test_keys_do_what_the_pointer_does(page):
    open_at(page, 50)
    page.focus("#space")
    page.keyboard.press("3")
    assert "weight of 3" in page.inner_text("#spoken")
    before = direction_of(page, 3)
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    wait_until(lambda: page.is_visible("#release") and apart(direction_of(page, 3), before + 10) < 0.5)
    page.keyboard.press("Enter")
    wait_until(lambda: page.is_hidden("#release"))
    first = page.inner_text("#what")
    page.keyboard.press("ArrowDown")
    wait_until(lambda: page.inner_text("#spoken") == page.inner_text("#what") != first)


# Keys that come faster than the worker answers, each followed by a picture of the state before them.
PRESS = """(keys) => {
  for (const key of keys) {
    elements.space.dispatchEvent(new KeyboardEvent("keydown", { key }));
    paint();
  }
}"""


def test_keys_that_come_fast_lose_no_turn(page):
    open_at(page, 50)
    page.focus("#space")
    page.keyboard.press("3")
    before = direction_of(page, 3)
    page.evaluate(PRESS, ["ArrowLeft"] * 5)
    wait_for_the_worker(page)
    assert apart(direction_of(page, 3), before + 10) < 0.5
    page.evaluate(PRESS, ["Enter", "ArrowLeft", "Enter"])  # freed, held, freed
    wait_for_the_worker(page)
    assert page.evaluate("() => trainings.states[0].pinned") == []


def test_a_digit_drawn_by_hand_stands_in_the_space(page):
    open_at(page, 1200)
    box = page.locator("#pad").bounding_box()
    for stroke in ([(0.3, 0.2), (0.75, 0.2), (0.45, 0.85)],):
        page.mouse.move(
            *(
                box[edge] + box[size] * part
                for edge, size, part in zip("xy", ("width", "height"), stroke[0], strict=True)
            )
        )
        page.mouse.down()
        for x, y in stroke[1:]:
            page.mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] * y, steps=8)
        page.mouse.up()
    wait_until(lambda: page.inner_text("#what").startswith("Your digit, predicted as 7"))
    pixels = np.array(page.evaluate("() => [...inspector.mine]")).reshape(28, 28)
    rows, columns = np.nonzero(pixels)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == pytest.approx(20, abs=2)
    assert [np.average(axis + 0.5, weights=pixels[rows, columns]) for axis in (rows, columns)] == pytest.approx(
        [14, 14], abs=0.5
    )
    page.click("#clear")
    wait_until(lambda: page.inner_text("#what").startswith("A "))


# Starts the training; milliseconds until the page shows another number of steps.
UNTIL_THE_NEXT_PICTURE = """() => new Promise((resolve) => {
  const began = performance.now();
  const look = () => elements.steps.textContent !== "0" && resolve(performance.now() - began);
  new MutationObserver(look).observe(elements.steps, { childList: true });
  elements.play.click();
})"""


def test_reduced_motion_waits_for_the_reader(new_tab, playground_html):
    page = new_tab(reduced_motion="reduce")
    page.goto(playground_html.as_uri())
    wait_for_digits(page)
    wait_for_the_worker(page)
    assert page.evaluate("() => trainings.rests") and page.inner_text("#play") == "Play"
    assert page.inner_text("#steps") == "0"
    assert page.evaluate(UNTIL_THE_NEXT_PICTURE) > 990  # a picture a second
    wait_for_steps(page, 100)


def test_a_slow_training_makes_the_steps_that_it_says(page):
    """No step comes before its time, and on a slow machine it may come later."""
    wait_for_steps(page, 10)
    page.select_option("#speed", "10")
    began = page.evaluate("() => { const now = performance.now(); elements.reset.click(); return now; }")
    wait_for_steps(page, 15)
    steps, ended = page.evaluate("() => [trainings.states[0].steps, performance.now()]")
    assert steps <= 2 + (ended - began) / 100


def test_a_loss_that_is_no_number_is_said_in_words(page, playground_html):
    page.goto("about:blank")
    page.goto(f"{playground_html.as_uri()}#preset=custom&s=6&w-norm=0&x-norm=0&optimizer=SGD&rate=0.1")
    wait_until(lambda: page.is_visible("#trouble"))
    assert "not a number" in page.inner_text("#trouble") and "rate is large" in page.inner_text("#trouble")
    page.select_option("#preset", "CosFace_v1")
    page.select_option("#rate", "0.005")
    page.click("#reset")
    page.click("#play")
    wait_for_steps(page, 100)
    assert page.is_hidden("#trouble")


def test_an_address_with_nonsense_is_the_page_as_it_is(new_tab, playground_html):
    page = new_tab()
    page.goto(f"{playground_html.as_uri()}#preset=none&rate=9&batch=x&seed=abc&m2=99&classes=3&more=1")
    wait_for_steps(page, 20)
    shown = [page.input_value(f"#{name}") for name in ("preset", "rate", "batch", "m2")]
    assert shown == ["custom", "0.002", "64", "1"]
    assert page.locator("#classes input:checked").count() == 10


def test_a_dot_tells_its_angle(page):
    open_at(page, 50)
    before = page.inner_text("#what"), page.locator("#curve").screenshot(), page.locator("#logits").screenshot()
    box, [left, top] = page.locator("#space").bounding_box(), page.evaluate("() => panes[0].space.spots[17]")
    page.mouse.move(box["x"] + box["width"] / 2 + left, box["y"] + box["height"] / 2 + top)
    wait_until(lambda: page.inner_text("#what") != before[0])
    assert re.fullmatch(r"A \d, predicted (right|as \d); \d+° from its line", page.inner_text("#what"))
    assert page.locator("#curve").screenshot() != before[1] and page.locator("#logits").screenshot() != before[2]


def test_what_does_not_learn_is_said_in_words(page):
    """A margin that no arrangement of ten classes in the plane can keep: classes merge."""
    wait_for_steps(page, 10)
    move(page, "s", 6)
    move(page, "m2", 1)
    move(page, "m3", 0.6)
    page.click("#reset")
    wait_for_steps(page, 1800)
    why = "ψ(0) = \N{MINUS SIGN}0.06; a neighbour gets cos 36° = 0.81"
    wait_until(lambda: re.search(f"have merged.*{re.escape(why)}", page.inner_text("#trouble"), re.DOTALL))


def test_it_fits_a_phone(new_tab, playground_html):
    page = new_tab(viewport={"width": 390, "height": 844})
    page.goto(playground_html.as_uri())
    wait_for_digits(page)
    assert page.locator("body").evaluate("body => body.scrollWidth") <= 390
    assert page.locator("#space").bounding_box()["width"] > 340
