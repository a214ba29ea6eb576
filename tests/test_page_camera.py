"""The scale of the page, in Debian's Chromium: the camera, the rings and the lobes of the pictures; zoom by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from marginalia.record.snapshot import Points
from marginalia.viz import lobes
from marginalia.viz.camera import Camera, widest_gap
from marginalia.viz.geometry import LOBED_REACH
from marginalia.viz.page.page_data import badge_angles
from marginalia.viz.tween import blend

from .browsing import LAST, canvas, epoch, hover, lonely, looked_at, number_of, places, rest, rings
from .paged import SNAPSHOTS

NAMES = ("softmax", "CosFace_v1")
MOMENTS = [(0, 0.0), (1, 0.0), (1, 0.25), (2, 0.9), (LAST, 0.0)]


def hold(page: Any, row: int, share: float) -> None:
    """Moves the page to a moment, and keeps it there."""
    page.evaluate("(position) => { app.clock.hold(position); app.repaint(); }", row + share)
    rest(page)


def arrays(page: Any, expression: str) -> list[np.ndarray]:
    return [np.array(axis) for axis in page.evaluate(f"{expression}.map((axis) => Array.from(axis))")]


def camera_of(run, kind: str) -> Camera:
    camera = Camera(kind, LOBED_REACH)
    camera.widen(run)
    return camera


@pytest.mark.parametrize("kind", ["follow", "log"])
def test_rims_and_rings_are_those_of_the_pictures(visit, runs, kind):
    page = visit("two" if kind == "follow" else "two log")
    for row, share in MOMENTS:
        hold(page, row, share)
        for pane, name in enumerate(NAMES):
            camera, snapshots = camera_of(runs[name], kind), runs[name].snapshots
            snapshot = blend(snapshots[row], snapshots[min(row + 1, LAST)], share)
            assert page.evaluate(f"app.panes[{pane}].rim") == pytest.approx(camera.rim(snapshot), rel=1e-6)
            assert np.array(rings(page, pane)) == pytest.approx(np.array(camera.rings(snapshot)), rel=1e-6)
            said = page.locator(".lengths").nth(pane).inner_text().replace("\u00a0", " ")
            assert said == camera.in_words(snapshot, "test")


@pytest.mark.parametrize("kind", ["follow", "log", "fixed"])
def test_features_stand_where_the_pictures_have_them(visit, runs, kind):
    page = visit("two" if kind == "follow" else f"two {kind}")
    for row in range(SNAPSHOTS):
        hold(page, row, 0)
        for pane, name in enumerate(NAMES):
            camera, snapshot = camera_of(runs[name], kind), runs[name].snapshots[row]
            got = np.stack(arrays(page, f"app.panes[{pane}].seen"), axis=1)
            x, y = arrays(page, f"['x', 'y'].map((axis) => app.panes[{pane}].run.test[axis])")
            features = np.stack((x, y), axis=1).reshape(SNAPSHOTS, -1, 2)[row]
            wanted = camera.seen(features, snapshot) / camera.reach
            np.testing.assert_allclose(got, wanted, atol=2e-6)
            assert np.linalg.norm(wanted, axis=1).max() <= 1.03 * LOBED_REACH + 1e-9 or kind == "fixed"


@pytest.mark.parametrize(("row", "share"), [(0, 0.0), (1, 0.5), (LAST, 0.0)])
def test_lobes_are_those_of_the_pictures(visit, row, share):
    page = visit("two")
    hold(page, row, share)
    for pane in range(2):
        x, y = arrays(page, f"app.panes[{pane}].seen")
        (labels,) = arrays(page, f"[app.panes[{pane}].points.labels]")
        points = Points(np.stack((x, y), axis=1), labels, labels)
        wanted = lobes.densities(points, 10)
        (got,) = arrays(page, f"[app.panes[{pane}].densities]")
        apart = np.abs(got.reshape(10, lobes.BINS) - wanted) > 1e-6
        assert apart.mean() < 0.005, "but for a point between two bins"
        heights = page.evaluate("(values) => values.map((value) => heightOf(value, pageData.lobes))", got.tolist())
        np.testing.assert_allclose(heights, lobes.log_share(got), atol=1e-4)


@pytest.mark.parametrize("row", [0, LAST])
def test_labels_stand_where_those_of_the_pictures_do(visit, runs, row):
    page = visit("two", f"epoch={row}")
    for pane, name in enumerate(NAMES):
        run = runs[name]
        (got,) = arrays(page, f"[app.panes[{pane}].densities]")
        densities, badges = got.reshape(10, lobes.BINS), np.array(badge_angles(run)[row])
        free = page.evaluate(f"app.panes[{pane}].lobeTicks.where")
        near = np.arange(-lobes.HALF_LABEL, lobes.HALF_LABEL + 1)
        crowds = [
            densities[:, (int(angle % (2 * np.pi) * lobes.BINS / (2 * np.pi)) + near) % lobes.BINS].max()
            for angle in (free, lobes.free_direction(densities, badges))
        ]
        assert crowds[0] == pytest.approx(crowds[1], abs=1e-6)  # several gaps may be free
        weights = run.snapshots[row].class_weights.astype(np.float64)
        angles = np.arctan2(weights[:, 1], weights[:, 0])
        gap = page.evaluate("(angles) => widestGap(angles)", angles.tolist())
        assert np.cos(gap - widest_gap(weights)) == pytest.approx(1)


def test_lobes_are_nearly_those_of_the_features_before_they_were_packed(visit, runs):
    page = visit("one")
    (got,) = arrays(page, "[app.panes[0].densities]")
    wanted = lobes.densities(runs["CosFace_v1"].snapshots[LAST].points("test"), 10)
    heights = [lobes.log_share(values) for values in (got.reshape(10, lobes.BINS), wanted)]
    assert np.abs(heights[0] - heights[1]).mean() < 0.01


def test_lobes_are_painted_in_their_colours_between_disc_and_badges(visit):
    page = visit("one")
    pixels = canvas(page, 0)
    middle = len(pixels) / 2
    (densities,) = arrays(page, "[app.panes[0].densities]")
    by_class = densities.reshape(10, lobes.BINS)
    for label in range(10):
        peak = int(by_class[label].argmax())
        if by_class[:, peak].argmax() != label or np.delete(by_class, label, axis=0)[:, peak].max() > 0.01:
            continue
        height = lobes.log_share(by_class[label, peak])
        x, y = (LOBED_REACH + 0.21 * height / 2) * np.array((np.cos(lobes.ANGLES[peak]), np.sin(lobes.ANGLES[peak])))
        wanted = page.evaluate("(label) => app.panes[0].run.colors[label]", label)
        color = pixels[int(middle * (1 - y)), int(middle * (1 + x))]
        assert np.abs(color[:3].astype(int) - list(bytes.fromhex(wanted[1:]))).max() <= 3
        assert color[3] > 200


def test_a_hidden_class_has_no_lobe(visit):
    page = visit("one")
    before = np.count_nonzero(canvas(page, 0)[..., 3])
    page.keyboard.press("3")
    rest(page)
    assert np.count_nonzero(canvas(page, 0)[..., 3]) < before


def test_zoom_stays_and_keeps_the_scale_until_reset(visit):
    page = visit("two")
    free = page.evaluate("app.panes.map((pane) => pane.rim)")
    before = places(page)
    assert page.locator(".zoom-reset").first.is_hidden()
    page.locator(".zoom-in").first.click()
    rest(page)
    assert page.evaluate("app.panes.map((pane) => pane.zoom.scale)") == [1.5, 1]
    middle = page.evaluate("app.panes[0].middle")
    np.testing.assert_allclose(places(page), middle + 1.5 * (before - middle), atol=0.01)
    for key in ("ArrowLeft", "Home"):
        page.keyboard.press(key)
        rest(page)
    now = page.evaluate("app.panes.map((pane) => pane.rim)")
    assert now[0] == free[0]
    assert now[1] < free[1]
    assert "scale kept" in page.locator(".lengths").first.inner_text().replace("\u00a0", " ")
    page.locator(".zoom-reset").first.click()
    rest(page)
    assert page.evaluate("app.panes[0].rim === app.panes[0].run.camera.rims[0]")
    assert page.evaluate("app.panes[0].zoom.scale") == 1
    assert page.locator(".zoom-reset").first.is_hidden()


def test_the_wheel_zooms_about_the_mouse_and_a_drag_moves(visit):
    page = visit("two")
    index = lonely(page)
    hover(page, index)
    spot = places(page)[index]
    page.keyboard.down("Control")
    page.mouse.wheel(0, -60)
    page.keyboard.up("Control")
    page.wait_for_function("() => app.panes[0].zoom.scale > 1.5")
    rest(page)
    np.testing.assert_allclose(places(page)[index], spot, atol=1)  # a wheel is told in whole pixels
    box = page.locator(".space").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    before, pinned = places(page), page.evaluate("app.view.pinned")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 20, y + 12, steps=4)
    page.mouse.up()
    rest(page)
    moved = places(page) - before
    limit = page.evaluate("Math.abs(Math.abs(app.panes[0].zoom.x) - (1 - 1 / app.panes[0].zoom.scale)) < 1e-9")
    assert limit or np.abs(moved - (-20, 12)).max() < 0.5
    assert page.evaluate("app.view.pinned") == pinned, "a drag is no click"


def test_keys_zoom_all_panes_about_the_image(visit):
    page = visit("two")
    page.locator("#number").fill(str(number_of(page, lonely(page))))
    page.locator("#number").blur()
    kept = looked_at(page)
    index = page.evaluate("app.panes[0].indexOf(app.view.pinned)")
    before = [places(page, pane)[index] for pane in range(2)]
    page.keyboard.press("+")
    page.keyboard.press("+")
    rest(page)
    assert page.evaluate("app.panes.map((pane) => pane.zoom.scale)") == [2.25, 2.25]
    for pane in range(2):
        np.testing.assert_allclose(places(page, pane)[index], before[pane], atol=0.5)
    page.keyboard.press("f")
    rest(page)
    assert page.evaluate("app.panes.every((pane) => pane.isWhole && pane.zoom.rim === null)")
    assert looked_at(page) == kept


def test_two_fingers_zoom_and_one_scrolls(visit):
    page = visit("one", width=360, height=740, has_touch=True)
    touch = """([name, ...fingers]) => {
      const space = app.panes[0].part('space');
      const { left, top } = space.getBoundingClientRect();
      const touches = fingers.map(([x, y], identifier) =>
        new Touch({ identifier, target: space, clientX: left + x, clientY: top + y }));
      const event = new TouchEvent(name, { touches, cancelable: true, bubbles: true });
      return !space.dispatchEvent(event);
    }"""
    page.evaluate(touch, ["touchstart", [100, 100]])
    assert page.evaluate(touch, ["touchmove", [100, 140]]) is False, "one finger scrolls the page"
    page.evaluate(touch, ["touchstart", [100, 100], [140, 100]])
    assert page.evaluate(touch, ["touchmove", [80, 100], [160, 100]]) is True
    rest(page)
    assert page.evaluate("app.panes[0].zoom.scale") == pytest.approx(2)
    assert page.evaluate(touch, ["touchend"]) is False
    page.evaluate(touch, ["touchstart", [100, 100]])
    assert page.evaluate(touch, ["touchmove", [110, 100]]) is True, "one finger moves what is zoomed"
    assert epoch(page) == LAST


def test_the_rim_is_smooth_while_it_plays(visit):
    """Its logarithm goes evenly from snapshot to snapshot."""
    page = visit("one")
    rims = page.evaluate("app.panes[0].run.camera.rims")
    seen = []
    for share in np.linspace(0, 1, 6)[:-1]:
        hold(page, 0, float(share))
        seen.append(page.evaluate("app.panes[0].rim"))
    steps = np.diff(np.log([*seen, rims[1]]))
    np.testing.assert_allclose(steps, np.log(rims[1] / rims[0]) / 5, rtol=1e-6)
