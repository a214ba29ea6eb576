"""What the page draws, in Debian's Chromium: the numbers of the run, at their places, in their colours."""

from __future__ import annotations

import numpy as np
import pytest

from losses.margin import MarginSpec
from viz.geometry import BADGE_RING
from viz.page.about import badge_angles
from viz.regions import decision_arcs, effective, training_arcs
from viz.style import THEMES, class_colors

from .browsing import canvas, lonely, places, rest
from .paged import SNAPSHOTS


@pytest.mark.parametrize("split", ["train", "test"])
def test_coordinates_are_those_of_the_snapshots(visit, runs, mnist, split):
    page = visit("two")
    numbers = page.evaluate("(split) => ABOUT.sets[0][split].numbers", split)
    part = mnist.train if split == "train" else mnist.test
    where = {number: place for place, number in enumerate(part.sampled(300, 3).tolist())}
    chosen = [where[number] for number in numbers]
    for pane, run in enumerate((runs["softmax"], runs["CosFace_v1"])):
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
            half_step = lengths.max() / 4095 / 2
            assert np.abs(np.hypot(x[row], y[row]) - lengths).max() <= half_step * 1.001
            turns = np.angle((x[row] + 1j * y[row]) / (wanted[:, 0] + 1j * wanted[:, 1]))
            long = lengths > 2 * half_step
            assert np.abs(turns[long]).max() <= np.pi / 4096 * 1.001
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


SPECS = {
    "softmax": MarginSpec(False, False, 1, 1, 0, 0),
    "L-softmax": MarginSpec(False, False, 1, 3, 0, 0),
    "A-softmax": MarginSpec(True, False, 1, 2, 0, 0),
    "CosFace": MarginSpec(True, True, 4, 1, 0, 0.2),
    "ArcFace": MarginSpec(True, True, 4, 1, 0.3, 0),
}


@pytest.mark.parametrize("name", SPECS)
def test_sectors_are_python_s(visit, name):
    page = visit("one")
    random = np.random.default_rng(1)
    for classes in (2, 10, 26):
        angles = 2 * np.pi * (np.arange(classes) + 0.3 * random.random(classes)) / classes
        lengths = 1 + 0.3 * random.random((classes, 1))
        weights = lengths * np.stack((np.cos(angles), np.sin(angles)), axis=1)
        for margin, python in ((False, decision_arcs), (True, training_arcs)):
            used = effective(weights, SPECS[name])
            polar = np.column_stack((np.arctan2(used[:, 1], used[:, 0]), np.linalg.norm(used, axis=1)))
            given = [polar.tolist(), vars(SPECS[name]), margin]
            found = page.evaluate("([weights, spec, margin]) => arcs(weights, spec, margin)", given)
            narrowest = 0.01  # a sector narrower than the grid may be missed, and gaps without a margin are rounding
            got = sorted((arc["label"], arc["start"], arc["width"]) for arc in found if arc["label"] >= 0)
            got = [arc for arc in got if arc[2] > narrowest]
            wanted = sorted((arc.label, arc.start, arc.width) for arc in python(weights, SPECS[name]))
            wanted = [arc for arc in wanted if arc[2] > narrowest]
            assert [arc[0] for arc in got] == [arc[0] for arc in wanted]
            turns = np.array([arc[1:] for arc in got]) - np.array([arc[1:] for arc in wanted])
            assert np.abs(np.angle(np.exp(1j * turns))).max(initial=0) < 1e-9


def test_cells_are_those_of_the_nearest_weight(visit, runs):
    page = visit("cells")
    pixels, run = canvas(page, 0), runs["cells"]
    side, colors = len(pixels), class_colors(10)
    reach = page.evaluate("app.panes[0].run.reach")
    weights = run.snapshots[-1].class_weights
    for row, column in np.random.default_rng(0).integers(side, size=(200, 2)):
        x, y = (2 * column / side - 1) * reach, (1 - 2 * row / side) * reach
        distances = np.sort(np.linalg.norm(weights - (x, y), axis=1))
        if distances[1] - distances[0] < 4 * reach / side:  # within two pixels of an edge
            continue
        nearest = int(np.argmin(np.linalg.norm(weights - (x, y), axis=1)))
        rgb = np.array(list(bytes.fromhex(colors[nearest][1:])))
        assert np.abs(pixels[row, column, :3].astype(int) - rgb).max() <= 4, (row, column)


def test_badges_stand_at_the_class_directions(visit, runs):
    page = visit("two")
    marks, radius = canvas(page, 2), page.evaluate("app.panes[0].badge")
    middle = len(marks) / 2
    for angle, color in zip(badge_angles(runs["softmax"])[-1], class_colors(10), strict=True):
        x, y = middle * (1 + BADGE_RING * np.cos(angle)), middle * (1 - BADGE_RING * np.sin(angle))
        assert marks[int(y), int(x - 0.75 * radius)].tolist() == [*bytes.fromhex(color[1:]), 255]


def test_weights_are_as_the_logits_have_them_and_turn_the_shorter_way(visit, runs):
    page = visit("two")
    for pane, name in enumerate(("softmax", "CosFace_v1")):
        angles, lengths = np.moveaxis(np.array(page.evaluate("(pane) => app.panes[pane].run.weights", pane)), 2, 0)
        for row, snapshot in enumerate(runs[name].snapshots):
            weights = effective(snapshot.class_weights, runs[name].spec)
            there = lengths[row] * np.exp(1j * angles[row])
            np.testing.assert_allclose(there, weights[:, 0] + 1j * weights[:, 1], atol=1e-6)
        assert np.abs(np.diff(angles, axis=0)).max() <= np.pi


def test_rings_are_promised_where_they_are_drawn(visit, runs):
    ink = [*bytes.fromhex(THEMES["light"].ink[1:])]
    for name, epoch, ringed in (("one", 3, True), ("many errors", 2, True), ("many errors", 3, False)):
        page = visit(name, f"epoch={epoch}")
        drawn = np.all(canvas(page, 1)[..., :3] == ink, axis=2).any()
        said = page.locator(".legend").inner_text().replace("\u00a0", " ")
        assert (drawn, "ringed: wrong" in said) == (ringed, ringed)
        assert "circle: x / |x|" in said


def test_light_and_dark_follow_the_system(visit):
    grounds = {}
    for scheme in ("light", "dark"):
        page = visit("one", color_scheme=scheme)
        grounds[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
        hatched = canvas(page, 0)
        assert hatched[..., 3].any()
    assert grounds == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 21, 26)"}
