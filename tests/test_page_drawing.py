"""What the page draws, in Debian's Chromium: the numbers of the run, at their places, in their colours."""

from __future__ import annotations

import numpy as np
import pytest

from marginalia.viz.alignment import aligned
from marginalia.viz.geometry import BADGE_RING, LOBED_REACH, UNIT_RING
from marginalia.viz.page.page_data import badge_angles
from marginalia.viz.regions import effective
from marginalia.viz.style import THEMES, class_colors

from .browsing import canvas, lonely, places, rest, rings
from .paged import SNAPSHOTS


def beside_each_other(runs):
    """The runs of the page "two", as it turns them."""
    return [each.run for each in aligned([runs["softmax"], runs["CosFace_v1"]])]


@pytest.mark.parametrize("split", ["train", "test"])
def test_coordinates_are_those_of_the_snapshots(visit, runs, mnist, split):
    page = visit("two")
    numbers = page.evaluate("(split) => pageData.sets[0][split].numbers", split)
    part = mnist.train if split == "train" else mnist.test
    where = {number: place for place, number in enumerate(part.sampled(300, 3).tolist())}
    chosen = [where[number] for number in numbers]
    for pane, run in enumerate(beside_each_other(runs)):
        got = page.evaluate(
            "([pane, split]) => { const { x, y, predictions } = app.panes[pane].run[split];"
            " return [x, y, predictions].map((values) => Array.from(values)); }",
            [pane, split],
        )
        x, y, predictions = (np.array(values).reshape(SNAPSHOTS, len(chosen)) for values in got)
        for row, snapshot in enumerate(run.snapshots):
            points = snapshot.points(split)
            wanted = points.features[chosen].astype(np.float64)
            lengths = np.linalg.norm(wanted, axis=1)
            step = lengths.max() / 4095
            tolerance = np.where(lengths < step / 2, step, step / 2) * 1.001
            assert lengths.min() < 1e-4 * lengths.max()
            assert np.all(np.abs(np.hypot(x[row], y[row]) - lengths) <= tolerance)
            turns = np.angle((x[row] + 1j * y[row]) / (wanted[:, 0] + 1j * wanted[:, 1]))
            assert np.abs(turns).max() <= np.pi / 4096 * 1.001
            np.testing.assert_array_equal(predictions[row], points.predictions[chosen])


def test_the_canvas_shows_training(visit):
    page = visit("two", "epoch=0")
    first = [canvas(page, layer) for layer in range(3)]
    page.keyboard.press("End")
    rest(page)
    last = [canvas(page, layer) for layer in range(3)]
    for before, after in zip(first, last, strict=True):
        assert before[..., 3].any()
        assert not np.array_equal(before, after)


def test_points_are_painted_in_their_colours_at_their_places(visit):
    page = visit("two")
    index = lonely(page)
    label = page.evaluate("(index) => app.panes[0].run.test.labels[index]", index)
    x, y = places(page)[index].astype(int)
    color = class_colors(10)[label]
    assert canvas(page, 1)[y, x].tolist() == [*bytes.fromhex(color[1:]), 255]


@pytest.mark.parametrize("epoch", [0, SNAPSHOTS - 1])
@pytest.mark.parametrize(("name", "reach"), [("two", LOBED_REACH), ("two log", LOBED_REACH), ("two fixed", 1.0)])
def test_the_ground_shows_who_wins_and_where_none_would_with_its_margin(visit, runs, name, reach, epoch):
    """Against the logits, which know nothing of wedges."""
    page = visit(name, f"epoch={epoch}")
    colors = np.array([list(bytes.fromhex(color[1:])) for color in class_colors(10)])
    for pane, loss in enumerate(("softmax", "CosFace_v1")):
        run, pixels = runs[loss], canvas(page, 0, pane).astype(int)
        middle, winners, hatched = len(pixels) / 2, set(), 0
        weights = effective(run.snapshots[epoch].class_weights, run.spec)
        lines = [UNIT_RING, LOBED_REACH, *(radius for _, radius in rings(page, pane))]
        for x, y in np.random.default_rng(0).uniform(-reach, reach, (500, 2)):
            length = np.hypot(x, y)
            logits = weights @ (x, y) / length
            best, second = np.argsort(logits)[:-3:-1]
            ahead = logits[best] - logits[second]
            if min(ahead, abs(ahead - run.spec.m3)) < 0.03 or np.abs(length - lines).min() < 0.02 or length < 0.2:
                continue  # too near to an edge, a circle or the middle
            if reach == LOBED_REACH < length:
                continue  # among the lobes
            *color, opacity = pixels[int(middle * (1 - y)), int(middle * (1 + x))]
            assert (opacity > 60) == (ahead < run.spec.m3), (loss, x, y)
            if ahead > run.spec.m3:
                assert np.abs(color - colors[best]).max() <= 4, (loss, x, y)
                winners.add(int(best))
            hatched += opacity > 60
        assert len(winners) > 5
        assert (hatched > 10) == run.spec.has_margin


def test_wedges_move_if_their_order_stays(visit):
    page = visit("one")
    wedges = [[[0, 0, 1], [1, 1, 5]], [[0, 0.5, 2], [1, 2.5, 4]], [[1, 0, 6]], [[0, 0, 2], [2, 2, 4]]]
    move = "([wedges, before, after]) => movedWedges(wedges, { before, after, share: 0.25 })"
    assert page.evaluate(move, [wedges, 0, 1]) == [[0, 0.125, 1.25], [1, 1.375, 4.75]]
    assert page.evaluate(move, [wedges, 1, 2]) == wedges[1]
    assert page.evaluate(move, [wedges, 1, 3]) == wedges[1]
    more = [[[0, 0, 6]], [[0, 0, 3], [1, 3, 3]]]
    assert page.evaluate(move, [more, 0, 1]) == more[0]


@pytest.mark.parametrize(("name", "epoch"), [("cells", 0), ("cells", SNAPSHOTS - 1), ("cells fixed", SNAPSHOTS - 1)])
def test_cells_are_those_of_the_nearest_weight(visit, runs, name, epoch):
    page = visit(name, f"epoch={epoch}")
    pixels, run = canvas(page, 0), runs["cells"]
    side, colors = len(pixels), class_colors(10)
    scale = page.evaluate("linearScale(app.panes[0].run.camera, app.panes[0].rim)")
    lines = [LOBED_REACH, UNIT_RING, *(radius for _, radius in rings(page))]
    weights, seen = run.snapshots[epoch].class_weights, 0
    for row, column in np.random.default_rng(0).integers(side, size=(400, 2)):
        x, y = 2 * column / side - 1, 1 - 2 * row / side
        length = np.hypot(x, y)
        if np.abs(length - lines).min() < 0.02 or (name == "cells" and length > LOBED_REACH):
            continue
        distances = np.linalg.norm(scale * weights - (x, y), axis=1)
        nearest, second = np.argsort(distances)[:2]
        if distances[second] - distances[nearest] < 8 / side:  # within two pixels of an edge
            continue
        rgb = np.array(list(bytes.fromhex(colors[nearest][1:])))
        assert np.abs(pixels[row, column, :3].astype(int) - rgb).max() <= 4, (row, column)
        seen += 1
    assert seen > 60


def test_a_logarithmic_scale_has_no_cells(visit):
    pixels = canvas(visit("cells log"), 0)
    middle = len(pixels) // 2
    assert not pixels[middle - 20 : middle + 20, middle - 20 : middle + 20, 3].any()


def test_badges_stand_at_the_class_directions(visit, runs):
    page = visit("two")
    marks, radius = canvas(page, 2), page.evaluate("app.panes[0].badge")
    middle = len(marks) / 2
    for angle, color in zip(badge_angles(runs["softmax"])[-1], class_colors(10), strict=True):
        x, y = middle * (1 + BADGE_RING * np.cos(angle)), middle * (1 - BADGE_RING * np.sin(angle))
        assert marks[int(y), int(x - 0.75 * radius)].tolist() == [*bytes.fromhex(color[1:]), 255]


def test_weights_are_as_the_logits_have_them_and_turn_the_shorter_way(visit, runs):
    page = visit("two")
    for pane, run in enumerate(beside_each_other(runs)):
        angles, lengths = np.moveaxis(np.array(page.evaluate("(pane) => app.panes[pane].run.weights", pane)), 2, 0)
        for row, snapshot in enumerate(run.snapshots):
            weights = effective(snapshot.class_weights, run.spec)
            there = lengths[row] * np.exp(1j * angles[row])
            np.testing.assert_allclose(there, weights[:, 0] + 1j * weights[:, 1], atol=1e-6)
        assert np.abs(np.diff(angles, axis=0)).max() <= np.pi


def test_rings_are_promised_where_they_are_drawn(visit, runs):
    ink = [*bytes.fromhex(THEMES["light"].ink[1:])]
    for name, epoch, ringed in (("one", 1, True), ("many errors", 1, True), ("many errors", 3, False)):
        page = visit(name, f"epoch={epoch}")
        pixels = canvas(page, 1).astype(int)
        drawn = (np.all(np.abs(pixels[..., :3] - ink) <= 4, axis=2) & (pixels[..., 3] > 60)).any()
        said = page.locator(".legend").inner_text().replace("\u00a0", " ")
        assert (drawn, "ringed: wrong" in said) == (ringed, ringed)
        assert "lobes: % of a class per degree" in said


def test_light_and_dark_follow_the_system(visit):
    grounds = {}
    for scheme in ("light", "dark"):
        page = visit("one", color_scheme=scheme)
        grounds[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
        hatched = canvas(page, 0)
        assert hatched[..., 3].any()
    assert grounds == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 21, 26)"}
