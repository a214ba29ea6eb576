"""Looking at an image in the page, in Debian's Chromium: by mouse, finger, and number."""

from __future__ import annotations

import numpy as np
import pytest

from marginalia.record.metrics import target_angles, unit
from marginalia.viz.style import class_colors

from .browsing import canvas, everywhere, hover, lonely, looked_at, number_of, on_screen, places, rest


def test_hovering_shows_the_image_and_lights_it_up_in_the_other_pane(visit, mnist):
    page = visit("two")
    index = lonely(page)
    number = number_of(page, index)
    label = int(mnist.test.labels[number])
    assert page.locator("#digit").is_hidden()
    spot = places(page, 1)[index].astype(int)
    dark_before = canvas(page, 2, 1)[spot[1], spot[0]]
    hover(page, index)
    assert page.locator("#which").inner_text() == f"test image {number:,}"
    assert page.locator("#what").inner_text() == f"class {label}"
    shown = page.evaluate("Array.from(elements.digit.getContext('2d').getImageData(0, 0, 28, 28).data)")
    opacity = np.array(shown).reshape(28, 28, 4)[..., 3]
    assert np.abs(opacity - mnist.test.images[number].astype(int)).max() <= 8
    assert page.locator("#rows tr").count() == 2
    lit = canvas(page, 2, 1)[spot[1], spot[0]]
    assert lit.tolist() == [*bytes.fromhex(class_colors(10)[label][1:]), 255]
    assert lit.tolist() != dark_before.tolist()
    page.mouse.move(5, 5)
    rest(page)
    assert page.locator("#digit").is_hidden()


def test_a_click_keeps_the_image_and_escape_lets_go(visit):
    page = visit("two")
    index = lonely(page)
    hover(page, index)
    page.mouse.down()
    page.mouse.up()
    page.mouse.move(5, 5)
    rest(page)
    kept = f"test image {number_of(page, index):,}"
    assert page.locator("#which").inner_text() == kept
    page.keyboard.press("Home")
    rest(page)
    assert page.locator("#which").inner_text() == kept
    page.keyboard.press("Escape")
    rest(page)
    assert page.locator("#digit").is_hidden()


def test_what_is_said_of_an_image(visit, runs, mnist):
    page = visit("two", "epoch=1")
    where = {number: place for place, number in enumerate(mnist.test.sampled(300, 3).tolist())}
    for index in (0, 20, 40):
        number = number_of(page, index)
        page.locator("#number").fill(str(number))
        rest(page)
        for row, name in enumerate(("softmax", "CosFace_v1")):
            snapshot, spec, place = runs[name].snapshots[1], runs[name].spec, where[number]
            feature, label = (
                snapshot.points("test").features[place].astype(np.float64),
                snapshot.points("test").labels[place],
            )
            weights = unit(snapshot.class_weights) if spec.w_norm else snapshot.class_weights
            next_class = int(np.argsort(np.where(np.arange(10) == label, -np.inf, weights @ feature))[-1])
            cosines = unit(snapshot.class_weights) @ unit(feature[None])[0]
            angles = np.degrees(np.arccos(cosines))
            cells = page.locator("#rows tr").nth(row).locator("td").all_inner_texts()
            assert cells[0] == name
            wrong = snapshot.points("test").predictions[place] != label
            assert cells[1].replace("\n", " ") == f"{snapshot.points('test').predictions[place]}" + (
                " ✗" if wrong else ""
            )
            assert (
                abs(float(cells[2].rstrip("°")) - target_angles(snapshot.points("test"), snapshot.class_weights)[place])
                < 0.1
            )
            angle, _, runner_up = cells[3].partition("° ")
            assert (runner_up, abs(float(angle) - angles[next_class]) < 0.1) == (f"({next_class})", True)


def test_a_search_for_an_image_that_is_not_there(visit):
    page = visit("two")
    page.keyboard.press("/")
    page.keyboard.type("9999")
    there = set(page.evaluate("pageData.sets[0].test.numbers"))
    assert 9999 not in there
    assert page.locator("#answer").inner_text() == "image 9999 is not among those on this page"


def test_a_finger_sees_the_image_without_scrolling(visit):
    page = visit("two", width=360, height=740, has_touch=True)
    index = lonely(page)
    box = page.locator(".space").nth(0).bounding_box()
    x, y = places(page)[index]
    page.touchscreen.tap(box["x"] + x, box["y"] + y)
    rest(page)
    assert page.locator("#which").inner_text() == f"test image {number_of(page, index):,}"
    image, bar = page.locator("#image").bounding_box(), page.locator("#transport").bounding_box()
    assert box["y"] + y < image["y"]
    assert image["y"] + image["height"] <= bar["y"] + 1


@pytest.mark.parametrize("ratio", [1.25, 2])
def test_what_is_clicked_is_what_was_hovered(visit, ratio):
    """At fractions of a pixel, where points lie close: a click is told in whole pixels, a move is not."""
    page = visit("two", device_scale_factor=ratio)
    box, here = page.locator(".space").nth(0).bounding_box(), places(page)
    distance = np.linalg.norm(here[:, None] - here, axis=2)
    dense = np.argsort(np.sort(distance, axis=1)[:, 3])[:12]
    offsets = np.random.default_rng(0).uniform(-1, 1, (len(dense), 2))
    for (x, y), (right, down) in zip(here[dense], offsets, strict=True):
        page.mouse.move(box["x"] + x + right, box["y"] + y + down)
        hovered = looked_at(page)
        assert hovered
        for _ in range(2):  # the second time on what is already kept
            page.mouse.down()
            page.mouse.up()
            assert looked_at(page) == hovered
            assert page.evaluate("`${app.view.pinned?.number}`") == hovered.split()[-1].replace(",", "")
    page.mouse.move(box["x"] + 2, box["y"] + box["height"] - 2)
    page.mouse.down()
    page.mouse.up()
    assert page.evaluate("app.view.pinned") is None
    assert looked_at(page) == ""


def test_scrolling_and_keys_leave_no_stale_image_under_the_mouse(visit):
    page = visit("four", height=500)
    hover(page, lonely(page))
    before = looked_at(page)
    page.mouse.wheel(0, 40)
    page.wait_for_function("() => scrollY > 30")
    page.mouse.down()
    page.mouse.up()
    assert looked_at(page) != before
    page = visit("two")
    hover(page, lonely(page))
    before = looked_at(page)
    page.keyboard.press("e")
    page.keyboard.press("e")
    assert looked_at(page) == ""
    page.mouse.down()
    page.mouse.up()
    assert looked_at(page) == before


def test_a_finger_keeps_what_it_touches_and_not_what_a_mouse_is_over(visit):
    page = visit("two", has_touch=True)
    index = lonely(page)
    hover(page, index)
    touch = (
        "([x, y]) => app.panes[0].part('space').dispatchEvent(new PointerEvent('click',"
        " { pointerType: 'touch', clientX: x, clientY: y, bubbles: true }))"
    )
    distance = np.linalg.norm(places(page) - places(page)[index], axis=1)
    other = int(np.argmax(distance))
    page.evaluate(touch, on_screen(page, other))
    rest(page)
    reached = np.concatenate([np.linalg.norm(s - places(page)[other], axis=1) < 2 for s in everywhere(page)])
    near = {number_of(page, int(i) % len(distance)) for i in np.flatnonzero(reached)}
    assert page.evaluate("app.view.pinned.number") in near
    box = page.locator(".space").nth(0).bounding_box()
    page.touchscreen.tap(box["x"] + 3, box["y"] + box["height"] - 3)
    rest(page)
    assert page.evaluate("app.view.pinned") is None


def test_a_button_lets_go_of_the_image(visit):
    page = visit("two", width=360, height=740, has_touch=True)
    page.touchscreen.tap(*on_screen(page, lonely(page)))
    assert looked_at(page)
    page.locator("#close").tap()
    assert looked_at(page) == ""
    page = visit("two")
    hover(page, lonely(page))
    assert page.locator("#close").is_hidden(), "a hover is over when the mouse gets there"


def test_the_number_in_the_search_follows_the_image(visit):
    page = visit("two")
    page.locator("#number").fill("9999")
    page.locator("#number").blur()
    page.keyboard.press("n")
    rest(page)
    assert page.locator("#number").input_value() == page.locator("#which").inner_text().split()[-1].replace(",", "")
    assert page.locator("#answer").inner_text() == ""
    page.keyboard.press("Escape")
    rest(page)
    assert page.locator("#number").input_value() == ""


def test_lengths_are_explained_where_they_decide(visit):
    note = "#image > p"
    for name, said in (("one", ""), ("two", "The class weights of softmax differ in length"), ("hostile", "The class")):
        page = visit(name)
        page.keyboard.press("n")
        rest(page)
        assert page.locator(note).inner_text().startswith(said)
        assert page.locator(note).is_visible() == bool(said)
