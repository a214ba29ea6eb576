"""What stands beside the feature spaces of the page, in Debian's Chromium: classes, errors, readings, shortcuts."""

from __future__ import annotations

import numpy as np
import pytest

from marginalia.record.metrics import target_angles
from marginalia.viz.style import class_colors

from .browsing import HOSTILE, LAST, canvas, epoch, rest
from .paged import SNAPSHOTS


def test_classes_are_switched_on_and_off(visit):
    page = visit("two")
    label = page.evaluate("app.panes[0].run.test.labels[0]")
    color = bytes.fromhex(class_colors(10)[label][1:])
    painted = [np.all(canvas(page, 1)[..., :3] == list(color), axis=2).sum()]
    page.keyboard.press(str(label))
    rest(page)
    painted.append(np.all(canvas(page, 1)[..., :3] == list(color), axis=2).sum())
    assert page.locator("#classes button").nth(label).get_attribute("aria-pressed") == "false"
    page.locator("#classes button").nth(label).click()
    rest(page)
    painted.append(np.all(canvas(page, 1)[..., :3] == list(color), axis=2).sum())
    assert painted[0] == painted[2] > 50
    assert painted[1] == 0


def wrong_at(runs, row: int) -> list[set[int]]:
    return [
        set(np.flatnonzero(run.snapshots[row].points("test").predictions != run.snapshots[row].points("test").labels))
        for run in runs
    ]


def test_the_list_of_errors_is_walked_with_the_keyboard(visit, runs, mnist):
    page = visit("two")
    softmax, cosface = wrong_at([runs["softmax"], runs["CosFace_v1"]], LAST)
    sampled = mnist.test.sampled(300, 3)
    ordered = sorted(softmax | cosface, key=lambda place: (-(place in softmax) - (place in cosface), sampled[place]))
    assert len(ordered) > 3
    assert page.locator("#wrong").inner_text() == f"Errors among those shown: {len(ordered)}"
    assert page.locator("#errors label").count() == len(ordered)
    seen = []
    for key in ("n", "n", "p", "n"):
        page.keyboard.press(key)
        rest(page)
        seen.append(page.locator("#which").inner_text())
    first, second = (f"test image {sampled[place]:,}" for place in ordered[:2])
    assert seen == [first, second, first, second]
    page.locator("#errors input").nth(1).focus()
    page.keyboard.press("ArrowRight")
    rest(page)
    assert page.locator("#which").inner_text() == f"test image {sampled[ordered[2]]:,}"
    assert epoch(page) == LAST


def test_errors_only(visit, runs):
    page = visit("two")
    page.keyboard.press("e")
    rest(page)
    seen = page.evaluate("app.panes.map((pane) => pane.visibility.reduce((sum, value) => sum + (value > 0), 0))")
    assert seen == [len(wrong) for wrong in wrong_at([runs["softmax"], runs["CosFace_v1"]], LAST)]


def shown_points(page, pane: int) -> set[int]:
    """The numbers of the images whose points a pane shows."""
    script = "(pane) => app.panes[pane].points.numbers.filter((_, i) => app.panes[pane].visibility[i] > 0)"
    return set(page.evaluate(script, pane))


@pytest.mark.parametrize("row", [0, LAST])
def test_what_one_run_gets_right_and_the_other_wrong(visit, runs, mnist, row):
    page = visit("two", f"epoch={row}")
    softmax, cosface = wrong_at([runs["softmax"], runs["CosFace_v1"]], row)
    sampled = mnist.test.sampled(300, 3)
    everything = {int(number) for number in sampled}
    assert (cosface - softmax and softmax - cosface) or row
    assert softmax ^ cosface
    assert shown_points(page, 0) == everything
    for first, wanted in ((0, cosface - softmax), (1, softmax - cosface)):
        page.locator("#difference").select_option(str(first))
        rest(page)
        numbers = {int(sampled[place]) for place in wanted}
        assert shown_points(page, 0) == shown_points(page, 1) == numbers
        right = ("softmax", "CosFace_v1")[first]
        assert page.locator("#difference option:checked").inner_text() == f"only {right} is right"
        assert page.locator("#wrong").inner_text() == f"Only {right} is right: {len(numbers)}"
        page.keyboard.press("n")
        rest(page)
        assert page.evaluate("app.view.pinned?.number ?? null") in (numbers or {None})
        assert f"&right={first + 1}" in page.url
        page.keyboard.press("Escape")
    page.locator("#difference").select_option("")
    rest(page)
    assert shown_points(page, 1) == everything


def test_differences_and_errors_only_take_turns(visit):
    page = visit("two", "right=1")
    assert page.locator("#difference").input_value() == "0"
    page.locator("#only").check()
    rest(page)
    assert (page.locator("#difference").input_value(), "right=" in page.url) == ("", False)
    page.locator("#only").blur()
    for wanted in ("0", "1", ""):
        page.keyboard.press("d")
        rest(page)
        assert page.locator("#difference").input_value() == wanted
        assert not page.locator("#only").is_checked()


@pytest.mark.parametrize("name", ["one", "four"])
def test_no_differences_where_not_two_runs_are_compared(visit, name):
    page = visit(name, "right=1")
    assert page.locator("#difference").is_hidden()
    page.keyboard.press("d")
    rest(page)
    assert page.evaluate("app.view.difference") is None


def test_readings_are_the_metrics(visit, runs):
    page = visit("two", "epoch=2&split=train")
    for pane, name in enumerate(("softmax", "CosFace_v1")):
        metrics = runs[name].snapshots[2].metrics
        reading = page.locator(".pane").nth(pane)
        assert reading.locator(".accuracy").inner_text() == f"{100 * metrics['train_accuracy']:.2f} %"
        assert reading.locator(".gap").inner_text() == f"{metrics['centre_gap']:.1f}°"
        assert reading.locator(".mean").inner_text() == f"{metrics['train_angle']:.1f}°"
        counts = page.evaluate("(pane) => Array.from(app.panes[pane].run.train.counts)", pane)
        angles = target_angles(runs[name].snapshots[2].points("train"), runs[name].snapshots[2].class_weights)
        bars = np.array(counts).reshape(SNAPSHOTS, 10, 41)[2].sum(axis=0)
        np.testing.assert_array_equal(bars, np.bincount(np.minimum(angles, 40).astype(int), minlength=41))


def test_names_are_text(visit):
    page = visit("hostile")
    assert page.title() != "taken"
    assert page.locator(".name").inner_text() == HOSTILE
    assert page.locator("#classes button").nth(0).get_attribute("title") == HOSTILE
    assert page.evaluate("document.scripts.length") == page.evaluate("pageData.runs.length + pageData.sets.length + 2")
    page.keyboard.press("n")
    rest(page)
    assert HOSTILE in page.locator("#rows").inner_text()
    assert page.title() != "taken"


def test_the_shortcuts_are_listed(visit):
    page = visit("one")
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    listed = page.locator("#help dt").all_inner_texts()
    page.keyboard.press("Escape")
    assert page.locator("#help").is_hidden()
    known = {"Space": " ", "←": "ArrowLeft", "→": "ArrowRight", "Esc": "Escape", "…": "5"}
    for key in " ".join(listed).split():
        assert page.evaluate("(key) => typeof shortcut(app, key)", known.get(key, key)) == "function", key


def test_the_next_error_scrolls_the_wall_and_not_the_page(visit):
    page = visit("many errors", width=1280, height=420)
    page.evaluate("scrollTo(0, 20)")
    for _ in range(60):
        page.keyboard.press("n")
    rest(page)
    wall, checked = page.locator("#errors").bounding_box(), page.locator("#errors label:has(:checked)").bounding_box()
    assert page.evaluate("[scrollY, elements.errors.scrollTop > 0]") == [20, True]
    assert wall["y"] <= checked["y"]
    assert checked["y"] + checked["height"] <= wall["y"] + wall["height"]


def test_the_focus_stays_on_the_image_that_is_looked_at(visit):
    page = visit("two", "epoch=1")
    page.locator("#errors input").nth(1).focus()
    page.keyboard.press("Space")
    rest(page)
    kept = page.evaluate("app.view.pinned.number")
    focused = "document.activeElement.ariaLabel ?? document.activeElement.tagName"
    assert page.evaluate(focused).startswith(f"image {kept}:")
    page.keyboard.press("n")
    rest(page)
    assert page.evaluate("app.view.pinned.number") != kept
    assert page.evaluate(focused).startswith(f"image {page.evaluate('app.view.pinned.number')}:")
    page.evaluate("() => { app.clock.step(1); app.repaint(); }")  # the wall is rebuilt
    rest(page)
    assert page.evaluate("elements.errors.contains(document.activeElement)")


def test_one_frame_around_what_has_the_focus(visit):
    page = visit("two")
    frames = (
        "() => [...document.querySelectorAll('*')].filter((one) => one.checkVisibility({ opacityProperty: true })"
        " && getComputedStyle(one).outlineStyle === 'solid').length"
    )
    for number in range(16):
        page.keyboard.press("Tab")
        assert page.evaluate(frames) == 1, (number, page.evaluate("document.activeElement.outerHTML"))


def test_names_that_start_alike_are_told_apart_and_whole_on_hover(visit):
    page = visit("long names")
    short = page.evaluate("app.panes[0].run.short")
    assert short[:2] == ["chara…00_ka", "chara…01_ka"]
    assert len(set(short)) == 10
    chips = page.locator("#classes button")
    assert chips.nth(3).inner_text() == chips.nth(3).get_attribute("title") == "character_03_ka"
    for label in (0, 7):
        x, y = page.evaluate(
            f"app.panes[0].onRing(app.panes[0].run.badges.at(-1)[{label}], pageData.geometry.badgeRing)"
        )
        box = page.locator(".space").bounding_box()
        x = min(max(x, 20), box["width"] - 20)  # badges stay inside
        page.mouse.move(box["x"] + x, box["y"] + y)
        assert page.locator(".space").get_attribute("title") == f"character_{label:02d}_ka"
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert page.locator(".space").get_attribute("title") == ""
