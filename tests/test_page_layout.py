"""How the page fits its window, in Debian's Chromium."""

from __future__ import annotations

import pytest

from .browsing import hover, lonely, number_of, on_screen, rest


@pytest.mark.parametrize(("width", "height"), [(360, 740), (740, 360), (1280, 720), (1920, 1080)])
@pytest.mark.parametrize("name", ["one", "two"])
def test_it_fits_the_window(visit, name, width, height):
    page = visit(name, width=width, height=height)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for pane in page.locator(".space").all():
        box = pane.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["width"] >= min(300, width - 40, height / 2)
        assert box["height"] <= page.locator("#transport").bounding_box()["y"]
        if width > 900 or name == "one":
            assert box["y"] + box["height"] <= page.locator("#transport").bounding_box()["y"]
    shot = page.screenshot()
    assert len(shot) > 20_000
    page.locator("#number").fill(str(number_of(page, 0)))
    rest(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#digit").bounding_box()["y"] < height


def test_four_spaces_are_in_sight_at_once_on_a_projector(visit):
    page = visit("four")
    bar = page.locator("#transport").bounding_box()["y"]
    for space in page.locator(".space").all():
        box = space.bounding_box()
        assert 0 <= box["y"] < box["y"] + box["height"] <= bar


def test_the_answer_stays_in_sight(visit):
    """Of a point in the lower row, with the page scrolled to it."""
    page = visit("four", width=1000, height=640)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    assert page.evaluate("scrollY") > 200
    hover(page, lonely(page, 2), 2)
    for part in ("#digit", "#rows"):
        box = page.locator(part).bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= page.locator("#transport").bounding_box()["y"]


@pytest.mark.parametrize(("width", "height"), [(360, 740), (740, 360), (1280, 720)])
def test_the_end_of_the_page_can_be_reached(visit, width, height):
    page = visit("two", width=width, height=height, has_touch=True)
    page.touchscreen.tap(*on_screen(page, lonely(page)))
    rest(page)
    page.evaluate(
        "() => [document.scrollingElement, elements.side].forEach((part) => part.scrollTo(0, part.scrollHeight))"
    )
    rest(page)
    note = page.locator("#shown").bounding_box()
    cover = page.locator("#image") if width == 360 else page.locator("#transport")
    assert note["y"] + note["height"] <= cover.bounding_box()["y"]


@pytest.mark.parametrize(("width", "height"), [(1280, 2000), (360, 3000)])
def test_the_transport_stands_at_the_bottom_of_a_tall_window(visit, width, height):
    bar = visit("one", width=width, height=height).locator("#transport").bounding_box()
    assert bar["y"] + bar["height"] == pytest.approx(height, abs=1)


def test_a_legend_does_not_break_within_its_words(visit):
    said = visit("one", "epoch=0").locator(".legend").inner_text()
    assert (
        said == "hatched:\u00a0margin, lobes:\u00a0%\u00a0of\u00a0a\u00a0class\u00a0per\u00a0degree, ringed:\u00a0wrong"
    )
    said = visit("two fixed", "epoch=0").locator(".legend").nth(1).inner_text()
    assert said == "hatched:\u00a0margin, circle:\u00a0x\u00a0/\u00a0|x|, ringed:\u00a0wrong"
