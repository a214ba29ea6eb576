"""Moving through training in the page, in Debian's Chromium: slider, keys, play, and links to a moment."""

from __future__ import annotations

import numpy as np
import pytest

from .browsing import LAST, epoch, number_of, places, rest


def test_slider_keys_and_hash_move_the_epoch(visit):
    page = visit("two")
    assert epoch(page) == LAST
    for key, wanted in (("ArrowLeft", LAST - 1), ("Home", 0), ("ArrowRight", 1), ("End", LAST)):
        page.keyboard.press(key)
        rest(page)
        assert epoch(page) == wanted
        assert f"epoch={wanted}&" in page.url
    page.locator("#time").focus()
    page.keyboard.press("ArrowDown")
    rest(page)
    assert epoch(page) == LAST - 1
    box = page.locator("#time").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 3, box["y"] + box["height"] / 2)
    rest(page)
    assert epoch(page) == 1
    page.evaluate("location.hash = 'epoch=2&split=train'")
    page.wait_for_function("() => app.view.split === 'train'")
    rest(page)
    assert epoch(page) == 2
    assert page.locator("#train").is_checked()


def test_a_link_shows_the_same_moment(visit):
    page = visit("two", "epoch=1&split=train")
    number = number_of(page, 7, "train")
    page = visit("two", f"epoch=1&split=train&hide=2,5&errors=1&image={number}")
    assert epoch(page) == 1
    assert page.locator("#which").inner_text() == f"train image {number:,}"
    assert page.locator("#only").is_checked()
    assert page.locator("#classes [aria-pressed=false]").all_inner_texts() == ["2", "5"]
    assert page.url.endswith(f"#epoch=1&split=train&hide=2,5&errors=1&image={number}")


@pytest.mark.parametrize(("hash", "wanted"), [("errors=1", True), ("errors=0", False), ("errors=", False), ("", False)])
def test_only_1_asks_for_errors_only(visit, hash, wanted):
    assert visit("two", hash).locator("#only").is_checked() == wanted


@pytest.mark.parametrize("hash", ["epoch=soon", "epoch=-1e99&hide=x,-3,999&image=999999999", "%%%", "image=1e5"])
def test_a_link_that_makes_no_sense_harms_nothing(visit, hash):
    assert epoch(visit("two", hash)) in (0, LAST)


def test_playing_goes_to_the_end_and_can_be_stopped(visit):
    page = visit("two", "epoch=0")
    page.locator("#speed").select_option("0.25")
    page.keyboard.press("Space")
    page.wait_for_function("() => app.clock.position > 0.2 && elements.play.ariaLabel === 'Pause'")
    page.keyboard.press("Space")
    rest(page)
    assert 1 <= epoch(page) <= LAST
    page.locator("#speed").select_option("4")
    page.locator("#play").click()
    rest(page)
    assert epoch(page) == LAST
    assert page.locator("#play").get_attribute("aria-label") == "Play"


def test_between_two_snapshots_points_are_on_the_straight_line(visit):
    page = visit("two", "epoch=1")
    before = places(page)
    page.keyboard.press("ArrowRight")
    rest(page)
    after = places(page)
    page.evaluate("() => { app.clock.hold(1.25); app.repaint(); }")
    page.wait_for_function("() => app.panes[0].moment.share === 0.25")
    np.testing.assert_allclose(places(page), 0.75 * before + 0.25 * after, atol=0.01)
    assert epoch(page) == 1


def test_stillness_is_respected(visit):
    page = visit("two", "epoch=0", reduced_motion="reduce")
    page.evaluate(
        "() => { window.shares = []; for (const pane of app.panes) { const show = pane.show.bind(pane);"
        " pane.show = (...given) => { shares.push(pane.moment.share); show(...given); }; } }"
    )
    page.keyboard.press("ArrowRight")
    rest(page)
    page.locator("#speed").select_option("4")
    page.locator("#play").click()
    rest(page)
    assert epoch(page) == LAST
    shares = page.evaluate("shares")
    assert len(shares) > 4
    assert not any(shares)


def test_a_run_that_is_over_waits_for_the_others(visit):
    page = visit("mixed")
    assert page.evaluate("app.panes.map((pane) => pane.run.epochs[pane.row])") == [1, LAST]
    assert "epoch 1" in page.locator(".pane").nth(0).locator(".accuracy-of").inner_text()
    assert epoch(page) == LAST
