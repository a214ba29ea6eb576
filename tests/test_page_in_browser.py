"""The page as people use it, in Debian's Chromium."""

from __future__ import annotations

import base64
import io
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from losses.margin import MarginSpec
from training.metrics import own_angles, unit
from viz.geometry import BADGE_RING
from viz.page.assemble import badge_angles
from viz.regions import cells, decision_arcs, training_arcs
from viz.style import class_colors

from .conftest import ROOT
from .paged import SNAPSHOTS, save, shown_run, with_cells

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
HOSTILE = "<script>document.title='taken'</script>"
LAST = SNAPSHOTS - 1

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e '.[dev]'")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH: apt-get install chromium")


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def runs(config_file, mnist):
    """Two runs of the same images, one of them of a head with cells, and one that is shorter."""
    long = [shown_run(config_file.margin(name), mnist, name, random_seed=i)
            for i, name in enumerate(("softmax", "CosFace_v1"))]  # fmt: skip
    celled = with_cells(shown_run(config_file.margin("softmax"), mnist, "cells", random_seed=5))
    short = shown_run(config_file.margin("ArcFace_v3"), mnist, "short", snapshots=2)
    return {run.name: run for run in (*long, celled, short)}


@pytest.fixture(scope="module")
def pages(runs, mnist, tmp_path_factory):
    """Pages by name, made by the command as people type it."""
    from click.testing import CliRunner

    import create_gif
    import pages

    patch = pytest.MonkeyPatch()
    patch.setattr(pages, "load_dataset", lambda *_: mnist)
    outputs = tmp_path_factory.mktemp("outputs")
    for run in runs.values():
        save(run, mnist, outputs)
    hostile = replace(runs["softmax"], name=HOSTILE, lossname=HOSTILE, class_names=(HOSTILE, *"123456789"))
    save(hostile, mnist, outputs, folder="hostile")
    wanted = {"one": ["CosFace_v1"], "two": ["softmax", "CosFace_v1"], "cells": ["cells"],
              "mixed": ["short", "softmax"], "hostile": ["hostile"]}  # fmt: skip
    for name, losses in wanted.items():
        options = [word for loss in losses for word in ("--lossname", loss)]
        command = [*options, "--page", outputs / f"{name}.html", "--outputs", outputs, "--config", ROOT / "config.json"]
        done = CliRunner().invoke(create_gif.main, list(map(str, command)), catch_exceptions=False)
        assert done.exit_code == 0
    patch.undo()
    return {name: outputs / f"{name}.html" for name in wanted}


@pytest.fixture
def visit(browser, pages):
    """visit("two", hash="epoch=1") -> the page at rest; no request but the file's own, and nothing in the console."""
    complaints: list[str] = []
    opened = []

    def go(name: str, hash: str = "", width: int = 1280, height: int = 720, **options):
        page = browser.new_page(viewport={"width": width, "height": height}, **options)
        opened.append(page)
        address = pages[name].as_uri()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: asked.url.startswith(address) or complaints.append(asked.url))
        page.goto(f"{address}#{hash}")
        page.evaluate("async () => { window.app = await started; }")
        rest(page)
        return page

    yield go
    for page in opened:
        page.close()
    assert complaints == []


def rest(page) -> None:
    """Waits until nothing moves and all is drawn."""
    page.wait_for_function("() => app.clock.resting && app.frame === null && app.told")


def epoch(page) -> float:
    """The epoch that the page says it shows, and that its panes draw."""
    said = float(page.locator("#epoch").inner_text().removeprefix("epoch "))
    drawn = page.evaluate("app.panes.map((pane) => pane.run.epochs[pane.row])")
    assert max(drawn) == said
    return said


def canvas(page, layer: int, pane: int = 0) -> np.ndarray:
    """The pixels of a pane's layer (0 sectors, 1 points, 2 marks), uint8 (H, W, 4)."""
    address = page.evaluate("([pane, layer]) => app.panes[pane].canvases[layer].toDataURL()", [pane, layer])
    with Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))) as image:
        return np.asarray(image.convert("RGBA"))


def places(page, pane: int = 0) -> np.ndarray:
    """Canvas pixels of the features, (N, 2); the page's ratio of pixels is 1."""
    return np.array(page.evaluate("(pane) => app.panes[pane].spots[0].map((axis) => Array.from(axis))", pane)).T


def lonely(page, pane: int = 0) -> int:
    """The point that is farthest from all others, so that it can be hit."""
    found = page.evaluate("(pane) => app.panes[pane].spots.map((spot) => spot.map((axis) => Array.from(axis)))", pane)
    here = np.array(found[0]).T
    everything = np.concatenate([np.array(spot).T for spot in found])
    distance = np.linalg.norm(here[:, None] - everything, axis=2)
    distance[np.arange(len(here)), np.arange(len(here))] = np.inf
    inside = np.all((here > 60) & (here < page.evaluate("app.panes[0].side") - 60), axis=1)
    return int(np.argmax(np.where(inside, distance.min(axis=1), 0)))


def hover(page, index: int, pane: int = 0) -> None:
    box = page.locator(".space").nth(pane).bounding_box()
    x, y = places(page, pane)[index]
    page.mouse.move(box["x"] + x, box["y"] + y)
    rest(page)


def number_of(page, index: int, split: str = "test") -> int:
    return page.evaluate("([split, index]) => ABOUT.sets[0][split].numbers[index]", [split, index])


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


@pytest.mark.parametrize("hash", ["epoch=soon", "epoch=-1e99&hide=x,-3,999&image=999999999", "%%%", "image=1e5"])
def test_a_link_that_makes_no_sense_harms_nothing(visit, hash):
    assert epoch(visit("two", hash)) in (0, LAST)


def test_playing_goes_to_the_end_and_can_be_stopped(visit):
    page = visit("two", "epoch=0")
    page.locator("#speed").select_option("4")
    page.keyboard.press("Space")
    page.wait_for_function("() => app.clock.position > 0.2")
    assert page.locator("#play").get_attribute("aria-label") == "Pause"
    page.keyboard.press("Space")
    rest(page)
    assert 1 <= epoch(page) <= LAST
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
        " pane.show = (moment, ...rest) => { shares.push(moment.share); show(moment, ...rest); }; } }"
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
    shown = page.evaluate("Array.from(page.digit.getContext('2d').getImageData(0, 0, 28, 28).data)")
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
            feature, label = snapshot.test.features[place].astype(np.float64), snapshot.test.labels[place]
            weights = unit(snapshot.class_weights) if spec.w_norm else snapshot.class_weights
            next_class = int(np.argsort(np.where(np.arange(10) == label, -np.inf, weights @ feature))[-1])
            cosines = unit(snapshot.class_weights) @ unit(feature[None])[0]
            angles = np.degrees(np.arccos(cosines))
            cells = page.locator("#rows tr").nth(row).locator("td").all_inner_texts()
            assert cells[0] == name
            wrong = snapshot.test.predictions[place] != label
            assert cells[1].replace("\n", " ") == f"{snapshot.test.predictions[place]}" + (" ✗" if wrong else "")
            assert abs(float(cells[2].rstrip("°")) - own_angles(snapshot.test, snapshot.class_weights)[place]) < 0.1
            angle, _, runner_up = cells[3].partition("° ")
            assert (runner_up, abs(float(angle) - angles[next_class]) < 0.1) == (f"({next_class})", True)


def test_a_search_for_an_image_that_is_not_there(visit):
    page = visit("two")
    page.keyboard.press("/")
    page.keyboard.type("9999")
    there = set(page.evaluate("ABOUT.sets[0].test.numbers"))
    assert 9999 not in there
    assert page.locator("#answer").inner_text() == "image 9999 is not among those on this page"


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
    return [set(np.flatnonzero(run.snapshots[row].test.predictions != run.snapshots[row].test.labels)) for run in runs]


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
    seen = page.evaluate("app.panes.map((pane) => pane.seen.reduce((sum, value) => sum + (value > 0), 0))")
    assert seen == [len(wrong) for wrong in wrong_at([runs["softmax"], runs["CosFace_v1"]], LAST)]


def test_readings_are_the_metrics(visit, runs):
    page = visit("two", "epoch=2&split=train")
    for pane, name in enumerate(("softmax", "CosFace_v1")):
        metrics = runs[name].snapshots[2].metrics
        reading = page.locator(".pane").nth(pane)
        assert reading.locator(".accuracy").inner_text() == f"{100 * metrics['train_accuracy']:.2f} %"
        assert reading.locator(".gap").inner_text() == f"{metrics['centre_gap']:.1f}°"
        assert reading.locator(".mean").inner_text() == f"{metrics['train_angle']:.1f}°"
        counts = page.evaluate("(pane) => Array.from(app.panes[pane].run.train.counts)", pane)
        angles = own_angles(runs[name].snapshots[2].train, runs[name].snapshots[2].class_weights)
        bars = np.array(counts).reshape(SNAPSHOTS, 10, 41)[2].sum(axis=0)
        np.testing.assert_array_equal(bars, np.bincount(np.minimum(angles, 40).astype(int), minlength=41))


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
            given = [weights.tolist(), vars(SPECS[name]), margin]
            found = page.evaluate("([weights, spec, margin]) => arcs(weights, spec, margin)", given)
            narrowest = 0.01  # a sector narrower than the grid may be missed, and gaps without a margin are rounding
            got = sorted((arc["label"], arc["start"], arc["width"]) for arc in found if arc["label"] >= 0)
            got = [arc for arc in got if arc[2] > narrowest]
            wanted = sorted((arc.label, arc.start, arc.width) for arc in python(weights, SPECS[name]))
            wanted = [arc for arc in wanted if arc[2] > narrowest]
            assert [arc[0] for arc in got] == [arc[0] for arc in wanted]
            turns = np.array([arc[1:] for arc in got]) - np.array([arc[1:] for arc in wanted])
            assert np.abs(np.angle(np.exp(1j * turns))).max(initial=0) < 1e-9


def test_cells_are_python_s(visit, runs):
    page = visit("cells")
    pixels, run = canvas(page, 0), runs["cells"]
    side, colors = len(pixels), class_colors(10)
    reach = page.evaluate("app.panes[0].run.reach")
    weights = run.snapshots[-1].class_weights
    found = page.evaluate("([weights, reach]) => cells(weights, reach)", [weights.tolist(), 1.6 * reach])
    for got, wanted in zip(found, cells(weights, 1.6 * reach), strict=True):
        np.testing.assert_allclose(np.array(got).reshape(-1, 2), wanted, atol=1e-6 * reach)
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


def test_a_run_that_is_over_waits_for_the_others(visit):
    page = visit("mixed")
    assert page.evaluate("app.panes.map((pane) => pane.run.epochs[pane.row])") == [1, LAST]
    assert "epoch 1" in page.locator(".pane").nth(0).locator(".accuracy-of").inner_text()
    assert epoch(page) == LAST


def test_names_are_text(visit):
    page = visit("hostile")
    assert page.title() != "taken"
    assert page.locator(".name").inner_text() == HOSTILE
    assert page.locator("#classes button").nth(0).get_attribute("title") == HOSTILE
    assert page.evaluate("document.scripts.length") == page.evaluate("ABOUT.runs.length + ABOUT.sets.length + 2")
    page.keyboard.press("n")
    rest(page)
    assert HOSTILE in page.locator("#rows").inner_text()
    assert page.title() != "taken"


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


def test_light_and_dark_follow_the_system(visit):
    grounds = {}
    for scheme in ("light", "dark"):
        page = visit("one", color_scheme=scheme)
        grounds[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
        hatched = canvas(page, 0)
        assert hatched[..., 3].any()
    assert grounds == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 21, 26)"}


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
