"""Slides, panes and tweened movies: what they say, read from the artists."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from marginalia.core.errors import InputError
from marginalia.record.metrics import own_angles
from marginalia.record.snapshot import Points
from marginalia.viz.alignment import aligned, turned_snapshot
from marginalia.viz.circle import Circle
from marginalia.viz.compare import CAPTION, FEWEST, FOOTER, HEADER, LEGIBLE, MOST, Compare, best_grid
from marginalia.viz.dots import Cloud
from marginalia.viz.formula import as_text, other_logit, own_logit
from marginalia.viz.frames import Page
from marginalia.viz.geometry import depth, flatten
from marginalia.viz.lobes import BINS, LEAST, Lobes, densities, log_share
from marginalia.viz.panels import BIN, AccuracyCurve
from marginalia.viz.sheet import LINES, WIDTH, Sheet
from marginalia.viz.slide import Slide
from marginalia.viz.style import THEMES, Style
from marginalia.viz.tween import tweened
from marginalia.viz.words import ENGLISH, read_words

from .made_up import made_up_run

LABELS = Path(__file__).parents[1] / "docs" / "labels"


def words(sheet: Sheet) -> str:
    texts = [text.get_text() for text in sheet.figure.texts]
    said = " ".join(texts + [text.get_text() for ax in sheet.figure.axes for text in ax.texts])
    return said.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("lossname", ["softmax", "A-softmax_v2", "CosFace_v1", "ArcFace_v3"])
def test_a_slide_says_what_the_numbers_say(config_file, lossname):
    run = made_up_run(config_file, lossname)
    slide = Slide(run, "test", Style())
    assert slide.image(2).shape == (720, 1280, 3)
    points, weights = run.snapshots[2].points("test"), run.snapshots[2].class_weights
    said = words(slide)
    assert f"{100 * points.accuracy:.2f} %" in said
    assert "epoch 2" in said
    assert f"mean {own_angles(points, weights).mean():.1f}°" in said
    kept = 100 * run.snapshots[2].metrics["test_margin_accuracy"]
    assert (f"by {kept:.1f} %" in said) is run.spec.has_margin
    assert ("hatched: margin" in said) is run.spec.has_margin


@pytest.mark.parametrize("name", ["MagFace", "RBF-softmax", "sub-center"])
def test_a_further_head_is_not_shown_as_a_margin_that_it_has_not(config_file, name):
    loss = config_file.loss(name)
    run = replace(made_up_run(config_file, name), head=loss.name, regions=loss.regions)
    slide, page = Slide(run, "test", Style()), Page(run, "test", Style())
    slide.image(2)
    for said in (words(slide), words(page)):
        assert loss.name in said
        assert "own class" not in said.replace("angle to own class", "")
        assert "m₁" not in said
    circle = next(panel for panel in slide.panels if isinstance(panel, Circle))
    assert bool(circle.ring.get_paths()) is (loss.regions == "sectors")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("lossname", ["softmax", "L-softmax_v2", "CosFace_v1"])
def test_nothing_on_a_slide_leaves_it_or_is_too_small(config_file, theme, lossname):
    slide = Slide(made_up_run(config_file, lossname), "test", Style(theme=theme))
    slide.image(3)
    ticks = [label for ax in slide.figure.axes if ax.axison for label in (*ax.get_xticklabels(), *ax.get_yticklabels())]
    written = [text for ax in slide.figure.axes[1:3] for text in ax.texts]
    every = [text for text in (*slide.figure.texts, *ticks, *written) if text.get_text()]
    assert len(every) > 15
    for text in every:
        box = text.get_window_extent()
        assert 0 <= box.x0 < box.x1 <= 1280, text
        assert 0 <= box.y0 < box.y1 <= 720, text
        assert text.get_fontsize() >= LEGIBLE, text
    for first, second in combinations(every, 2):
        assert not first.get_window_extent().overlaps(second.get_window_extent()), (first, second)


def test_the_bars_hold_every_point_at_its_angle(config_file):
    run = made_up_run(config_file)
    slide = Slide(run, "test", Style())
    slide.show(3)
    histogram = slide.panels[0]
    corners = np.array([path.vertices for path in histogram.bars.get_paths()])
    heights = corners[:, 2, 1] - corners[:, 1, 1]
    assert heights.sum() == pytest.approx(1)
    points = run.snapshots[3].points("test")
    angles = own_angles(points, run.snapshots[3].class_weights)
    first = corners[:, 0, 0] == 0
    assert heights[first].sum() == pytest.approx(np.mean(angles < BIN))


def test_lobes_are_the_density_of_directions(config_file):
    run = made_up_run(config_file, count=5000)
    points = run.snapshots[3].points("test")
    density = densities(points, 10)
    assert density.min() >= 0
    np.testing.assert_allclose(density.sum(axis=1) * 360 / BINS, 1, rtol=1e-6)
    for label in range(10):
        angles = np.degrees(np.arctan2(*points.features[points.labels == label].T[::-1])) % 360
        for degree in (30, 200):
            distance = (angles - degree - 0.1 + 180) % 360 - 180
            expected = np.mean(np.exp(-0.5 * (distance / 0.4) ** 2) / (0.4 * np.sqrt(2 * np.pi)))
            assert density[label, degree * BINS // 360] == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize(("spread", "peak"), [(0.0, 0.997), (0.5, 0.623), (1.2, 0.315), (8.0, 0.0498)])
def test_a_lobe_is_as_high_as_its_class_is_narrow(spread, peak):
    angles = np.radians(90.1 + spread * np.random.default_rng(0).normal(size=200_000))
    features = np.stack((np.cos(angles), np.sin(angles)), axis=1).astype(np.float32)
    density = densities(Points(features, np.zeros(len(angles), np.int64), None), 1)
    assert density.max() == pytest.approx(peak, rel=0.05)
    assert log_share(density.max()) == pytest.approx(1 + np.log10(peak) / 2, abs=0.02)


def test_the_outline_of_a_lobe_is_its_density(config_file):
    run = made_up_run(config_file, count=2000)
    page = Page(run, "test", Style())
    page.show(3)
    lobes: Lobes = page.scatter.lobes
    density = densities(run.snapshots[3].points("test"), 10)
    radii = np.concatenate([np.hypot(*path.vertices.T) for path in lobes.areas.get_paths()])
    assert radii.min() == pytest.approx(lobes.radius)
    assert radii.max() == pytest.approx(lobes.radius + lobes.height * float(log_share(density.max())))
    standing = np.count_nonzero(density > LEAST)
    drawn = sum(np.count_nonzero(np.hypot(*path.vertices.T) > lobes.radius + 1e-9) for path in lobes.areas.get_paths())
    assert drawn == standing
    assert np.hypot(*lobes.ticks[1].get_position()) == pytest.approx(lobes.radius + lobes.height), "100 % is the end"


def test_the_curve_ends_at_the_moment_shown(config_file):
    run = made_up_run(config_file)
    slide = Slide(run, "test", Style())
    slide.show(2)
    (curve,) = (panel for panel in slide.panels if isinstance(panel, AccuracyCurve))
    epochs, height = curve.line.get_data()
    np.testing.assert_array_equal(epochs, [0, 1, 2])
    np.testing.assert_allclose(height, [-np.log10(1 - s.points("test").accuracy) for s in run.snapshots[:3]])


@pytest.mark.parametrize("lossname", ["softmax", "L-softmax_v2", "A-softmax_v2", "CosFace_v1", "ArcFace_v3"])
def test_formulas(config_file, lossname):
    spec = config_file.margin(lossname)
    expected = {
        "softmax": ("|w_y| |x| cos θ_y", "|w_j| |x| cos θ_j"),
        "L-softmax_v2": ("|w_y| |x| cos(3θ_y)", "|w_j| |x| cos θ_j"),
        "A-softmax_v2": ("|x| cos(3θ_y)", "|x| cos θ_j"),
        "CosFace_v1": ("4 (cos θ_y - 0.1)", "4 cos θ_j"),
        "ArcFace_v3": ("4 cos(θ_y + 0.3)", "4 cos θ_j"),
    }
    said = (as_text(own_logit(spec)), as_text(other_logit(spec)))
    assert tuple(text.replace("\N{MINUS SIGN}", "-") for text in said) == expected[lossname]


@pytest.mark.parametrize("count", range(FEWEST, MOST + 1))
def test_panes_fit_side_by_side(count):
    grid = best_grid(count)
    assert grid.columns * grid.rows >= count
    assert grid.columns * grid.side <= WIDTH
    assert grid.rows * (grid.side + CAPTION) <= LINES - HEADER - FOOTER
    assert grid.side >= 150


def test_panes_show_the_same_epoch_and_say_when_they_cannot(config_file):
    long, short = made_up_run(config_file, snapshots=5), made_up_run(config_file, "softmax", snapshots=3)
    sheet = Compare([long, short], "test", Style())
    assert sheet.count == 5
    assert sheet.image(4).shape == (720, 1280, 3)
    for pane, run, number in zip(sheet.panes, (long, short), (4, 2), strict=True):
        shown = np.concatenate([np.transpose(line.get_data()) for line in pane.dots.front.lines])
        expected = pane.camera.seen(run.snapshots[number].points("test").features, run.snapshots[number])
        np.testing.assert_allclose(np.sort(shown, axis=0), np.sort(expected, axis=0), rtol=1e-6)
    said = words(sheet)
    assert "epoch 4" in said
    assert "(epoch 2)" in said
    assert "own scale" in said


def test_tweening_moves_and_invents_no_number(config_file):
    run = made_up_run(config_file)
    smooth = tweened(run, 3)
    assert len(smooth.snapshots) == 13
    assert smooth.snapshots[::4] == run.snapshots
    between = smooth.snapshots[6]
    np.testing.assert_allclose(
        between.points("test").features,
        (run.snapshots[1].points("test").features + run.snapshots[2].points("test").features) / 2,
        rtol=1e-5,
    )
    assert (between.epoch, between.metrics) == (1, run.snapshots[1].metrics)
    np.testing.assert_array_equal(between.points("test").predictions, run.snapshots[1].points("test").predictions)
    texts = []
    for number in (4, 6):
        slide = Slide(smooth, "test", Style(camera="fixed"))  # the numbers at the rings are a scale and move
        slide.show(number)
        texts.append(words(slide))
    assert texts[0] == texts[1]
    assert tweened(run, 0).snapshots == run.snapshots


def test_what_lies_behind_is_drawn_behind(config_file):
    run = made_up_run(config_file, dimension=3)
    slide = Slide(run, "test", Style())
    slide.show(3)
    cloud: Cloud = slide.scatter.dots
    features = run.snapshots[3].points("test").features
    near = depth(features, 3) >= 0
    assert 50 < near.sum() < 350
    for dots, shown in ((cloud.front, near), (cloud.back, ~near)):
        for line, (_, members) in zip(dots.lines, dots.parts, strict=True):
            visible = ~np.isnan(line.get_data()[0])
            np.testing.assert_array_equal(visible, shown[members])
    seen = flatten(features, 3).astype(float)
    np.testing.assert_allclose(
        np.square(seen).sum(axis=1) + np.square(depth(features, 3)), np.square(features).sum(axis=1), rtol=1e-4
    )


def test_runs_beside_each_other_are_turned_alike(config_file):
    """A run that is turned and mirrored stands as the run that it came from, and nothing in it changes its angles."""
    run = made_up_run(config_file)
    mirror = np.float32([[np.cos(1), np.sin(1)], [np.sin(1), -np.cos(1)]])
    other = replace(run, snapshots=tuple(turned_snapshot(snapshot, mirror) for snapshot in run.snapshots))
    straight, back = aligned([run, other])
    assert (straight.run, straight.mirrored, back.mirrored) == (run, False, True)
    for before, after in zip(run.snapshots, back.run.snapshots, strict=True):
        np.testing.assert_allclose(after.class_weights, before.class_weights, atol=1e-5)
        np.testing.assert_allclose(after.points("test").features, before.points("test").features, atol=1e-4)
        assert after.metrics == before.metrics
    compare = Compare([run, other], "test", Style())
    compare.image(3)
    assert "↔" in compare.accuracies[1].get_text()
    assert "↔ mirrored" in words(compare)
    assert "turned alike" in words(compare)


def test_runs_of_other_classes_are_not_turned(config_file):
    run, other = made_up_run(config_file), made_up_run(config_file, names=tuple("abcdefghij"), seed=1)
    assert aligned([run, other])[1].run is other
    assert "turned" not in words(Compare([run, other], "test", Style()))


def test_marks_are_what_the_first_gets_right_and_the_second_wrong(config_file):
    first = made_up_run(config_file)
    nothing = [replace(s.points("test"), predictions=np.zeros(400, np.int64)) for s in first.snapshots]
    snapshots = [replace(s, splits={"test": p}) for s, p in zip(first.snapshots, nothing, strict=True)]
    second = replace(first, snapshots=tuple(snapshots))
    compare = Compare([first, second], "test", Style(), mark=True)
    compare.image(2)
    points = first.snapshots[2].points("test")
    expected = np.count_nonzero(~points.wrong & (points.labels != 0))
    assert expected > 100
    for pane in compare.panes:
        assert len(pane.errors.get_data()[0]) == expected
    assert f"ringed: {expected} right on the left, wrong on the right" in words(compare)
    with pytest.raises(InputError, match="show other test images"):
        Compare([first, made_up_run(config_file, seed=5)], "test", Style(), mark=True)


def test_a_plain_comparison_says_nothing_but_the_names(config_file):
    compare = Compare([made_up_run(config_file), made_up_run(config_file, "softmax")], "test", Style(), plain=True)
    compare.image(2)
    assert [text.get_text() for text in compare.figure.texts if text.get_visible()] == ["CosFace_v1", "softmax"]


def test_a_run_that_stands_still_between_its_epochs_does_not_pulsate(config_file):
    """Beside a run with more snapshots it waits for its next one, and so does its camera."""
    often = made_up_run(config_file, snapshots=4)
    seldom = replace(made_up_run(config_file, "softmax"), snapshots=tuple(often.snapshots[i] for i in (0, 3)))
    compare = Compare([often, seldom], "test", Style(), between=1)
    seen = []
    for number in range(5):
        compare.show(number)
        seen.append(np.concatenate([line.get_data() for line in compare.panes[1].dots.front.lines], axis=1))
    for later in seen[1:4]:
        np.testing.assert_array_equal(later, seen[0])


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("mark", [False, True])
def test_captions_of_a_comparison_do_not_run_into_each_other(config_file, language, mark):
    words = read_words(LABELS / "de.json") if language == "de" else ENGLISH
    run = made_up_run(config_file, count=4000)
    other = replace(made_up_run(config_file, "softmax", count=4000), name="softmax")
    compare = Compare([run, other], "train", Style(words=words), mark=mark)
    compare.epochs = [0.016, *compare.epochs[1:]]
    compare.image(1)
    texts = [text for text in compare.figure.texts if text.get_text() and text.get_visible()]
    for text in texts:
        box = text.get_window_extent()
        assert 0 <= box.x0 < box.x1 <= 1280, text
    for first, second in combinations(texts, 2):
        assert not first.get_window_extent().overlaps(second.get_window_extent()), (first, second)


@pytest.mark.parametrize("options", [{"view": "circle"}, {"overlays": ("regions",)}])
def test_marks_need_rings(config_file, options):
    run = made_up_run(config_file)
    with pytest.raises(InputError, match="--mark rings points"):
        Compare([run, run], "test", Style(**options), mark=True)


def test_what_cannot_be_drawn_is_refused_before_it_is_turned(config_file):
    run = made_up_run(config_file)
    bare = replace(run, snapshots=tuple(replace(s, class_weights=np.zeros((0, 2), np.float32)) for s in run.snapshots))
    with pytest.raises(InputError, match="has no class weights"):
        Compare([run, bare], "test", Style())


def test_features_of_length_zero_point_nowhere(config_file):
    points = made_up_run(config_file).snapshots[3].points("test")
    nothing = replace(points, features=np.zeros_like(points.features))
    assert not densities(nothing, 10).any()
    half = points.features * (np.arange(400) % 2)[:, None].astype(np.float32)
    assert densities(replace(points, features=half), 10).sum() * 360 / BINS == pytest.approx(5, abs=0.8)


def test_the_mark_of_the_time_line_is_seen_at_every_moment(config_file):
    page = Page(made_up_run(config_file, snapshots=12), "test", Style())
    for number in range(page.count):
        page.image(number)
        (x,), (y,) = (
            np.array(data) * page.figure.bbox.size[axis] for axis, data in enumerate(page.time.now.get_data())
        )
        row, column = round(720 - y), round(x)
        pixels = page.image(number)[row - 2 : row + 2, column - 2 : column + 2]
        assert np.abs(pixels.astype(int) - (22, 22, 29)).max() < 30, number
