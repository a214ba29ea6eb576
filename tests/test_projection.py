"""Spaces of any dimension and many classes: what is projected, what stays exact, what the frame says."""

from __future__ import annotations

import html
import re

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.path import Path
from PIL import Image

import marginalia as mg
from marginalia.core.errors import InputError
from marginalia.core.margin import MarginSpec
from marginalia.record.metrics import unit
from marginalia.viz.angle_plane import AnglePlane, Angles
from marginalia.viz.class_colors import colors_of, shown_classes
from marginalia.viz.frames import SquareFrame
from marginalia.viz.projection import in_view, note_of, projected
from marginalia.viz.regions import convex_regions, decision_arcs, polygons
from marginalia.viz.slide import Slide
from marginalia.viz.style import Style, class_colors

CLASSES, DIMENSION, POINTS = 12, 40, 600
ARCFACE = MarginSpec(w_norm=True, x_norm=True, s=16, m1=1, m2=0.3, m3=0)
LABELS = np.arange(POINTS) % CLASSES


def record(folder, head=ARCFACE, bias=False, weights=True, dimension=DIMENSION, classes=CLASSES, epochs=3) -> mg.read:
    random = np.random.default_rng(0)
    labels = np.arange(POINTS) % classes
    directions = random.normal(size=(classes, dimension))
    with mg.Recorder(folder, head=None if head is None else mg.DrawnHead(head), lossname="mine") as recorder:
        for epoch in range(epochs):
            features = epoch * directions[labels] + random.normal(size=(POINTS, dimension))
            known = {"weights": directions, "bias": random.normal(size=classes) if bias else None} if weights else {}
            recorder.add(epoch, features, labels, **known)
    return mg.read(folder)


@pytest.mark.parametrize("bias", [False, True])
def test_the_plane_of_three_weights_decides_as_the_space_does(tmp_path, bias):
    run = record(tmp_path / "run", None if bias else ARCFACE, bias)
    view = projected(run, "test", "classes", ("3", "9", "7"))
    chosen = [3, 9, 7]
    for snapshot, seen in zip(run.snapshots, view.snapshots, strict=True):
        mine = np.isin(LABELS, chosen)
        weights = snapshot.class_weights[chosen] if bias else unit(snapshot.class_weights[chosen])
        logits = snapshot.points("test").features[mine] @ weights.T + (snapshot.bias[chosen] if bias else 0)
        points = seen.points("test")
        np.testing.assert_array_equal(points.predictions, logits.argmax(axis=1))
        np.testing.assert_array_equal(np.array(chosen)[points.labels], LABELS[mine])
        if bias:
            regions = polygons(seen.class_weights, seen.bias, 1e3)
            assert view.regions == "polygons" and all(len(region) for region in regions)
            flat = points.features @ seen.class_weights.T + seen.bias
            np.testing.assert_array_equal(flat.argmax(axis=1), points.predictions)
            continue
        angles = np.arctan2(points.features[:, 1], points.features[:, 0])
        for arc in decision_arcs(seen.class_weights, view.spec):
            inside = (angles - arc.start) % (2 * np.pi) < arc.width
            assert (points.predictions[inside] == arc.label).all()
    assert colors_of(view, Style()) == [colors_of(run, Style())[number] for number in chosen]
    assert view.class_names == ("3", "9", "7") and note_of(view).startswith("plane of the weights of 3, 9, 7: ")


def test_the_principal_plane_says_how_much_it_shows(tmp_path):
    run = record(tmp_path / "run")
    view = in_view(run, "test")
    features = run[-1].points("test").features
    means = np.stack([features[label == LABELS].mean(axis=0) for label in range(CLASSES)])
    axes = np.linalg.svd(means - means.mean(axis=0))[2][:2]
    spread = features - features.mean(axis=0)
    share = ((spread @ axes.T) ** 2).sum() / (spread**2).sum()
    assert note_of(view) == f"PCA of the class means (badges): {100 * share:.0f} % of the variance in 40 D"
    expected = (features - means.mean(axis=0)) @ axes.T
    found = view.snapshots[-1].points("test").features
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-4)
    assert (view.regions, view.spec.has_margin, view.snapshots[0].points("test").accuracy) == (
        "none", False, run[0].points("test").accuracy,
    )  # fmt: skip


def test_t_sne_begins_each_frame_from_the_last_one(tmp_path):
    pytest.importorskip("openTSNE")
    run = record(tmp_path / "run", epochs=2)
    still = type(run)(**(vars(run) | {"snapshots": (run.snapshots[1], *run.snapshots[1:])}))
    first, second = (snapshot.points("test").features for snapshot in projected(still, "test", "tsne").snapshots)
    moved = np.linalg.norm(second - first, axis=1).mean() / np.linalg.norm(first, axis=1).mean()
    assert moved < 0.35  # from a start of its own it is 1.4
    near = np.argsort(np.linalg.norm(second[:, None] - second, axis=2), axis=1)[:, 1:6]
    assert (LABELS[near] == LABELS[:, None]).mean() > 0.9


def test_angles_are_those_of_the_space(tmp_path):
    run = record(tmp_path / "run")
    plane = AnglePlane(run, "test", Style(size=240)).angles
    target, other = plane.values(run.snapshots[2])
    point = 17
    cosines = unit(run.snapshots[2].points("test").features)[point] @ unit(run.snapshots[2].class_weights).T
    angles = np.degrees(np.arccos(cosines))
    assert target[point] == pytest.approx(angles[LABELS[point]], abs=1e-3)
    assert other[point] == pytest.approx(np.delete(angles, LABELS[point]).min(), abs=1e-3)
    wrong = run.snapshots[2].points("test").wrong
    np.testing.assert_array_equal(target > other, wrong)


def test_logits_take_the_place_of_angles_where_a_bias_decides(tmp_path):
    run = record(tmp_path / "run", None, bias=True)
    plane = AnglePlane(run, "test", Style(size=240)).angles
    target, other = plane.values(run.snapshots[1])
    assert not plane.by_angle
    np.testing.assert_array_equal(target < other, run.snapshots[1].points("test").wrong)


@pytest.mark.parametrize("classes", [3, 100, 1000])
@pytest.mark.parametrize("layout", ["square", "angles"])
def test_any_number_of_classes(tmp_path, classes, layout):
    run = record(tmp_path / "run", classes=classes, dimension=2 if classes > 100 else DIMENSION, epochs=2)
    picture = mg.draw.frame(run, layout=layout, size=240)
    assert picture.std() > 5
    frame = SquareFrame(run, "test", Style(size=240))
    assert len(frame.scatter.badges.badges) == (classes if classes <= 47 else 0)
    assert len(set(class_colors(classes))) > 0.98 * classes


def test_some_classes_in_colour_and_the_others_grey(tmp_path):
    run = record(tmp_path / "run", classes=100)
    style = Style(size=240, classes=("3", "77"))
    colors, shown = colors_of(run, style), shown_classes(run, style)
    assert [name for name, is_shown in zip(run.class_names, shown, strict=True) if is_shown] == ["3", "77"]
    assert len({color for color, is_shown in zip(colors, shown, strict=True) if not is_shown}) == 1
    frame = SquareFrame(run, "test", style)
    frame.show(2)
    assert [badge.get_text() for badge in frame.scatter.badges.badges] == ["3", "77"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"projection": "classes", "classes": ("1", "2")}, "needs the names of three classes, as 3,7,9, not 2"),
        ({"projection": "classes", "classes": (1, 2, "dog")}, "has no class 'dog'"),
        ({"layout": "angles", "projection": "tsne"}, "leave projection tsne out"),
        ({"layout": "round"}, "layout must be one of square, slide, plain, angles"),
        ({"colour": "red"}, "the settings are size, theme"),
    ],
)
def test_what_cannot_be_projected(tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        record(tmp_path / "run").gif(tmp_path / "mine.gif", **options)


def test_without_weights_three_of_them_have_no_plane(tmp_path):
    run = record(tmp_path / "run", None, weights=False)
    with pytest.raises(InputError, match="no class weights whose plane"):
        run.gif(tmp_path / "mine.gif", projection="classes", classes=("1", "2", "3"))
    assert run.gif(tmp_path / "mine.gif", layout="angles", size=240).exists()


def test_displays_draw_into_axes(tmp_path):
    run = record(tmp_path / "run", dimension=2)
    for number, draw in enumerate((mg.draw.space, mg.draw.angles)):
        figure = Figure(figsize=(8, 4))
        ax = figure.add_subplot(1, 2, 1 + number)
        display = draw(run[1], ax=ax, theme="dark")
        assert display.ax_ is ax and display.figure_ is figure
        again = figure.add_subplot(1, 2, 2 - number)
        assert display.plot(again).ax_ is again
        assert len(again.get_children()) > 12
    assert "epoch 1," in mg.draw.space(run[1], ax=Figure().add_subplot()).ax_.get_title()
    curve = mg.draw.loss_curve(run, metric="test_angle", ax=Figure().add_subplot())
    np.testing.assert_allclose(curve.ax_.lines[0].get_ydata(), [s.metric("test_angle") for s in run.snapshots])
    assert mg.draw.compare([run, run[0]], ax=Figure().add_subplot()).ax_.images
    with pytest.raises(InputError, match="no metric 'loss'; it has test_accuracy, test_angle"):
        mg.draw.loss_curve(run)
    with pytest.raises(InputError, match="run, run"):
        mg.draw.space(run.snapshots[0])
    with matplotlib.rc_context({"backend": "agg"}):
        assert mg.draw.space(run).figure_.axes
        matplotlib.pyplot.close("all")


def test_a_run_in_a_notebook_is_its_page(tmp_path):
    run = record(tmp_path / "run")
    shown = run._repr_html_()
    page = html.unescape(re.fullmatch(r'<iframe srcdoc="([^"]*)" style="[^"]*"></iframe>', shown)[1])
    assert page.encode() == run.html() and page.startswith("<!DOCTYPE html>")
    assert run._repr_png_().startswith(b"\x89PNG")
    assert run.deck(tmp_path / "mine.pptx").stat().st_size > 20_000


def test_a_gif_of_the_angles(tmp_path):
    with Image.open(record(tmp_path / "run").gif(tmp_path / "mine.gif", layout="angles", size=240)) as picture:
        assert (picture.n_frames, picture.size) == (3, (240, 240))


def test_the_margin_line_is_where_the_margin_is_just_kept(tmp_path):
    figure = Figure(figsize=(6, 6))
    plane = Angles(figure.add_subplot(), record(tmp_path / "run"), "test", Style())
    (line,) = [line for line in plane.ax.lines if line.is_dashed()]
    target, other = np.radians(line.get_data())
    np.testing.assert_allclose(np.cos(target + ARCFACE.m2), np.cos(other), atol=1e-9)


def test_a_slide_of_a_projection_says_nothing_about_angles(tmp_path):
    slide = Slide(record(tmp_path / "run"), "test", Style())
    slide.show(2)
    said = [text.get_text() for text in slide.figure.texts]
    assert "angle to own class" not in said and "directions" not in said
    flat = Slide(record(tmp_path / "flat", dimension=2), "test", Style())
    assert "angle to own class" in [text.get_text() for text in flat.figure.texts]


@pytest.mark.parametrize("regions", ["sectors", "cells"])
def test_the_plane_agrees_with_every_prediction(tmp_path, regions):
    """Weights of unequal lengths; with sectors also a bias."""
    random = np.random.default_rng(3)
    weights = random.normal(size=(5, 2)) * random.uniform(0.5, 3, (5, 1))
    features, labels = random.normal(size=(400, 2)) * 2, np.arange(400) % 5
    bias = random.normal(size=5) if regions == "sectors" else None
    head = mg.DrawnHead(MarginSpec(regions == "sectors", False, 1, 1, 0, 0), "mine", regions)
    mg.Recorder(tmp_path / "run", head=head).add(0, features, labels, weights=weights, bias=bias)
    run = mg.read(tmp_path / "run")
    points = run[0].points("test")
    plane = AnglePlane(run, "test", Style(size=240)).angles
    target, other = plane.values(run.snapshots[0])
    np.testing.assert_array_equal(target >= other, ~points.wrong)
    shapes = convex_regions(run.snapshots[0], run, 1.0, 1e3)
    inside = [Path(shape).contains_points(points.features) if len(shape) else np.zeros(400, bool) for shape in shapes]
    np.testing.assert_array_equal(np.argmax(inside, axis=0), points.predictions)


def test_a_class_without_points_has_no_badge(tmp_path):
    labels = np.arange(60) % 2
    features = np.random.default_rng(0).normal(size=(60, 5)) + 3
    mg.Recorder(tmp_path / "run", class_names=("a", "b", "none")).add(0, features, labels)
    frame = SquareFrame(mg.read(tmp_path / "run"), "test", Style(size=240))
    frame.show(0)
    assert [badge.get_visible() for badge in frame.scatter.badges.badges] == [True, True, False]
    plane = AnglePlane(mg.read(tmp_path / "run"), "test", Style(size=240)).angles
    other = plane.values(plane.run.snapshots[0])[1]
    means = np.stack([features[labels == label].mean(axis=0) for label in (0, 1)])
    cosines = np.sum(unit(features) * unit(means)[1 - labels], axis=1)
    np.testing.assert_allclose(other, np.degrees(np.arccos(cosines)), atol=1e-2)
    with pytest.raises(InputError, match="a single point"):
        mg.Recorder(tmp_path / "one", class_names="ab").add(0, np.ones((1, 5)), [0])
        mg.read(tmp_path / "one").gif(tmp_path / "one.gif")


def test_a_deck_of_any_run(tmp_path):
    pptx = pytest.importorskip("pptx")
    with mg.Recorder(tmp_path / "run", class_names="abcdef") as recorder:
        for epoch in range(2):
            features = np.random.default_rng(epoch).normal(size=(60, 2))
            recorder.add(epoch, {"mine": features}, {"mine": np.arange(60) % 6})
    path = mg.read(tmp_path / "run").deck(tmp_path / "mine.pptx")
    frames = [shape.text_frame.text for slide in pptx.Presentation(path).slides for shape in slide.shapes
              if shape.has_text_frame]  # fmt: skip
    said = "\n".join(frames)
    assert "60 mine images" in said and "the class means" in said
    assert not any(word in said for word in ("nan", "sectors", "Hatched", "accuracy", "wrong"))
