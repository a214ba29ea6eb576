"""The playground in the browser: it trains, answers its controls, and asks nobody for anything."""

from __future__ import annotations

import base64
import gzip
import math
import re

import numpy as np
import pytest

from .conftest import ROOT
from .playground_page import move, number, rest, steps_from_the_start, wait_for_steps, wait_until

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
    page.wait_for_timeout(600)
    assert number(page, "accuracy") > 85
    assert number(page, "loss") < 2


def test_a_margin_moves_the_formula_and_the_picture(page):
    wait_for_steps(page, 50)
    page.click("#play")
    page.wait_for_timeout(300)
    assert page.inner_text("#target") == "4 cos(θ + 0.3)"
    assert "wins only up to 9°" in page.inner_text("#demand")
    before = page.locator("#space").screenshot()
    move(page, "m2", 0)
    page.wait_for_timeout(300)
    assert "No margin" in page.inner_text("#demand")
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
        wait_until(page, lambda: number(page, "loss") > 0)
        assert page.is_hidden("#trouble")


def test_some_digits_are_enough(page):
    wait_for_steps(page, 20)
    for digit in "2356789":
        page.locator(f"#classes input[value='{digit}']").uncheck()
    wait_for_steps(page, 300)
    page.wait_for_timeout(600)
    assert number(page, "accuracy") > 97
    page.locator("#classes input[value='4']").uncheck()
    assert page.locator("#classes input:checked:disabled").count() == 2  # one class is nothing to learn


def weights_of(page) -> list[float]:
    return page.evaluate("() => trainings.states.flatMap(({ weights, features }) => [...weights, ...features])")


def drag_badge(page, label: int, degrees: float, shots: int = 5) -> None:
    """Turns the line of a class by so many degrees, in steps."""
    box, place = page.locator("#space").bounding_box(), page.evaluate("label => panes[0].space.badges[label]", label)
    middle, angle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2), math.atan2(-place[1], place[0])
    page.mouse.move(middle[0] + place[0], middle[1] + place[1])
    page.mouse.down()
    for shot in range(1, shots + 1):
        turned = angle + math.radians(degrees * shot / shots)
        radius = math.hypot(*place)
        page.mouse.move(middle[0] + radius * math.cos(turned), middle[1] - radius * math.sin(turned))
        page.wait_for_timeout(40)
    page.mouse.up()


def direction_of(page, label: int) -> float:
    x, y = page.evaluate("label => [...trainings.states[0].weights.slice(2 * label, 2 * label + 2)]", label)
    return math.degrees(math.atan2(y, x))


def test_the_same_address_gives_the_same_weights_bit_for_bit(page, browser):
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
    tabs = [browser.new_page(viewport={"width": 1280, "height": 800}) for _ in range(2)]
    try:
        for tab in tabs:
            tab.goto(address)
        for tab in tabs:
            wait_until(tab, lambda tab=tab: (tab.inner_text("#play"), tab.inner_text("#steps")) == ("Play", shown))
            assert (tab.inner_text("#steps"), tab.input_value("#m3"), tab.input_value("#s")) == (shown, "0.05", "2.5")
            assert weights_of(tab) == wanted
        tabs[0].click("#play")  # and on from there
        wait_for_steps(tabs[0], number(page, "steps") + 50)
    finally:
        for tab in tabs:
            tab.close()


def test_a_line_that_is_held_stays_and_the_others_go_on(page):
    wait_for_steps(page, 300)
    before = direction_of(page, 7)
    drag_badge(page, 7, 40)
    steps = number(page, "steps")
    held = direction_of(page, 7)
    assert abs((held - before + 180) % 360 - 180) == pytest.approx(40, abs=6)
    wait_for_steps(page, steps + 300)
    assert direction_of(page, 7) == pytest.approx(held, abs=0.01)
    assert page.inner_text("#release") == "Free the held lines"
    page.click("#release")
    wait_until(page, lambda: page.is_hidden("#release"))
    # Free, it swings about where it was, so a single look may find it back there.
    wait_until(page, lambda: abs(direction_of(page, 7) - held) > 0.1)


def test_keys_do_what_the_pointer_does(page):
    wait_for_steps(page, 50)
    page.click("#play")
    page.focus("#space")
    page.keyboard.press("3")
    assert "weight of 3" in page.inner_text("#spoken")
    before = direction_of(page, 3)
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
        page.wait_for_timeout(100)
    assert (direction_of(page, 3) - before + 360) % 360 == pytest.approx(10, abs=0.5)
    page.keyboard.press("Enter")
    wait_until(page, lambda: page.is_hidden("#release"))
    first = page.inner_text("#what")
    page.keyboard.press("ArrowDown")
    wait_until(page, lambda: page.inner_text("#spoken") == page.inner_text("#what") != first)


def test_a_digit_drawn_by_hand_stands_in_the_space(page):
    page.click("#play")
    page.goto(f"{page.url.partition('#')[0]}#step=1200")
    page.reload()
    wait_until(page, lambda: page.inner_text("#steps") == "1,200")
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
    wait_until(page, lambda: page.inner_text("#what").startswith("Your digit, predicted as 7"))
    pixels = np.array(page.evaluate("() => [...inspector.mine]")).reshape(28, 28)
    rows, columns = np.nonzero(pixels)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == pytest.approx(20, abs=2)
    assert [np.average(axis + 0.5, weights=pixels[rows, columns]) for axis in (rows, columns)] == pytest.approx(
        [14, 14], abs=0.5
    )
    page.click("#clear")
    wait_until(page, lambda: page.inner_text("#what").startswith("A "))


def test_reduced_motion_waits_for_the_reader(browser, playground_html):
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    try:
        page.goto(playground_html.as_uri())
        wait_until(page, lambda: "%" in page.inner_text("#accuracy"))
        page.wait_for_timeout(300)
        assert page.inner_text("#steps") == "0" and page.inner_text("#play") == "Play"
        page.click("#play")
        page.wait_for_timeout(600)
        assert page.inner_text("#steps") == "0"  # the next picture comes after a second
        wait_for_steps(page, 100)
    finally:
        context.close()


def test_a_slow_training_makes_the_steps_that_it_says(page):
    wait_for_steps(page, 10)
    page.select_option("#speed", "10")
    page.click("#reset")
    wait_until(page, lambda: number(page, "steps") in (1, 2, 3))
    moments = []
    for _ in range(2):
        moments.append(page.evaluate("() => [trainings.states[0].steps, performance.now() / 1000]"))
        page.wait_for_timeout(1500)
    (first, began), (last, ended) = moments
    assert 0 < (last - first) / (ended - began) < 11


def test_a_loss_that_is_no_number_is_said_in_words(page):
    page.click("#play")
    page.goto(f"{page.url.partition('#')[0]}#preset=custom&s=6&w-norm=0&x-norm=0&optimizer=SGD&rate=0.1")
    page.reload()
    wait_until(page, lambda: page.is_visible("#trouble"))
    assert "not a number" in page.inner_text("#trouble") and "rate is large" in page.inner_text("#trouble")
    page.select_option("#preset", "CosFace_v1")
    page.select_option("#rate", "0.005")
    page.click("#reset")
    page.click("#play")
    wait_for_steps(page, 100)
    assert page.is_hidden("#trouble")


def test_an_address_with_nonsense_is_the_page_as_it_is(browser, playground_html):
    page = browser.new_page()
    try:
        page.goto(f"{playground_html.as_uri()}#preset=none&rate=9&batch=x&seed=abc&m2=99&classes=3&more=1")
        wait_for_steps(page, 20)
        assert [page.input_value(f"#{name}") for name in ("preset", "rate", "batch", "m2")] == [
            "custom", "0.002", "64", "1",
        ]  # fmt: skip
        assert page.locator("#classes input:checked").count() == 10
    finally:
        page.close()


def test_a_dot_tells_its_angle(page):
    wait_for_steps(page, 50)
    page.click("#play")
    page.wait_for_timeout(300)
    before = page.inner_text("#what"), page.locator("#curve").screenshot(), page.locator("#logits").screenshot()
    box, [left, top] = page.locator("#space").bounding_box(), page.evaluate("() => panes[0].space.spots[17]")
    page.mouse.move(box["x"] + box["width"] / 2 + left, box["y"] + box["height"] / 2 + top)
    wait_until(page, lambda: page.inner_text("#what") != before[0])
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
    wait_until(page, lambda: "have merged" in page.inner_text("#trouble"))
    assert "ψ(0) = \N{MINUS SIGN}0.06; a neighbour gets cos 36° = 0.81" in page.inner_text("#trouble")


def test_it_fits_a_phone(browser, playground_html):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    try:
        page.goto(playground_html.as_uri())
        page.wait_for_timeout(800)
        assert page.locator("body").evaluate("body => body.scrollWidth") <= 390
        assert page.locator("#space").bounding_box()["width"] > 340
    finally:
        page.close()
