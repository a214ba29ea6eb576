"""How the page fits its window, in Debian's Chromium."""

from __future__ import annotations

import pytest

from .browsing import hover, number_of, places, rest


@pytest.mark.parametrize(("width", "height"), [(360, 740), (1280, 720), (1920, 1080)])
@pytest.mark.parametrize("name", ["one", "two"])
def test_it_fits_the_window(visit, name, width, height):
    page = visit(name, width=width, height=height)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for pane in page.locator(".space").all():
        box = pane.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["width"] >= min(300, width - 40)
        if width > 900:
            assert box["y"] + box["height"] <= page.locator("#transport").bounding_box()["y"]
    shot = page.screenshot()
    assert len(shot) > 20_000
    page.locator("#number").fill(str(number_of(page, 0)))
    rest(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#digit").bounding_box()["y"] < height
